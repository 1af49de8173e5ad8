package loadgen

import "sync/atomic"

// A signal is raised once. Reading it costs a load; waiting for it costs no wake-up before.
type signal struct {
	set    atomic.Bool
	raised chan struct{} // closed when it is
}

func newSignal() signal { return signal{raised: make(chan struct{})} }

// raise reports whether this call has raised it.
func (s *signal) raise() bool {
	if !s.set.CompareAndSwap(false, true) {
		return false
	}
	close(s.raised)
	return true
}

func (s *signal) isRaised() bool { return s.set.Load() }
