package loadgen

import "sync/atomic"

// concurrency keeps the requests of a closed loop that are under way at the number that is wanted.
// One that pauses to think is under way.
type concurrency struct {
	goal   atomic.Int64 // what was asked for
	wanted atomic.Int64 // none during a pause
	active atomic.Int64
}

// set changes the number at once, or that after a pause.
func (c *concurrency) set(n int, paused bool) {
	c.goal.Store(int64(n))
	if !paused {
		c.wanted.Store(int64(n))
	}
}

func (c *concurrency) pause() { c.wanted.Store(0) }

func (c *concurrency) resume() { c.wanted.Store(c.goal.Load()) }

// idle reports whether no request is under way, not even one that pauses.
func (c *concurrency) idle() bool { return c.active.Load() == 0 }

// claim counts one more request, and returns the number of those before. It is false if there are enough.
func (c *concurrency) claim() (number int, ok bool) {
	for {
		active := c.active.Load()
		if active >= c.wanted.Load() {
			return 0, false
		}
		if c.active.CompareAndSwap(active, active+1) {
			return int(active), true
		}
	}
}

// retire takes off one request that has ended if there are too many, or if all are to end.
func (c *concurrency) retire(all bool) bool {
	for {
		active := c.active.Load()
		if active <= c.wanted.Load() && !all {
			return false
		}
		if c.active.CompareAndSwap(active, active-1) {
			return true
		}
	}
}
