package lab

import "sync"

// countdown calls then when each of n names has been seen once.
type countdown struct {
	mu   sync.Mutex
	left int
	seen map[string]bool
	then func()
}

func newCountdown(n int, then func()) *countdown {
	return &countdown{left: n, seen: map[string]bool{}, then: then}
}

func (c *countdown) done(name string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.seen[name] {
		return
	}
	c.seen[name] = true
	if c.left--; c.left == 0 {
		c.then()
	}
}
