//go:build !linux

package loadgen

import "time"

func monotonic() int64 { return 0 }

func precise() (release func()) { return func() {} }

// sleepUntil sleeps until t on c, as exactly as the runtime's timers are.
func (c clock) sleepUntil(t int64) { time.Sleep(time.Duration(t - c.now())) }
