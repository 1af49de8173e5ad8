//go:build !linux

package clock

import "time"

func monotonic() int64 { return 0 }

// Precise prepares the calling goroutine for SleepUntil, which needs nothing here.
func Precise() (release func()) { return func() {} }

// SleepUntil sleeps until t nanoseconds after the start, as exactly as the runtime's timers are.
func (c *Clock) SleepUntil(t int64) { time.Sleep(time.Duration(t - c.Now())) }
