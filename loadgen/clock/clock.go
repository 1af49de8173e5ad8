// Package clock counts the time of a run.
package clock

import (
	"sync/atomic"
	"time"
)

// A Clock counts nanoseconds from the start of a run on the monotonic clock.
type Clock struct {
	origin atomic.Pointer[origin]
}

type origin struct {
	time time.Time
	mono int64 // the system's monotonic clock then, for absolute sleeps
}

// New returns a clock that starts now.
func New() *Clock {
	c := &Clock{}
	c.Restart()
	return c
}

// Restart starts the clock again from zero.
func (c *Clock) Restart() { c.origin.Store(&origin{time: time.Now(), mono: monotonic()}) }

// Start is when the clock was started.
func (c *Clock) Start() time.Time { return c.origin.Load().time }

// Now returns the nanoseconds since the start.
func (c *Clock) Now() int64 { return int64(time.Since(c.Start())) }

// At returns the nanoseconds from the start to t, which was read from the system's clock.
func (c *Clock) At(t time.Time) int64 { return int64(t.Sub(c.Start())) }

// Time is the time that is the nanoseconds after the start.
func (c *Clock) Time(nanoseconds int64) time.Time { return c.Start().Add(time.Duration(nanoseconds)) }
