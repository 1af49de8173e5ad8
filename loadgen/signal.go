package loadgen

import (
	"sync"
	"sync/atomic"
)

// A signal is raised once. Reading it costs a load; waiting for it costs no wake-up before.
type signal struct {
	set    atomic.Bool
	once   sync.Once
	raised chan struct{} // closed when it is
}

func newSignal() signal { return signal{raised: make(chan struct{})} }

func (s *signal) raise() {
	s.set.Store(true)
	s.once.Do(func() { close(s.raised) })
}

func (s *signal) isRaised() bool { return s.set.Load() }
