package loadgen

import "time"

// A clock counts nanoseconds from the start of a run on the monotonic clock.
type clock struct {
	start time.Time
	mono  int64 // the system's monotonic clock at start, for absolute sleeps
}

func newClock() clock {
	return clock{start: time.Now(), mono: monotonic()}
}

func (c clock) now() int64 { return int64(time.Since(c.start)) }

// at is the time t, which was read from the system's clock.
func (c clock) at(t time.Time) int64 { return int64(t.Sub(c.start)) }
