package loadgen

import "time"

// usage is what a period consumed: request-seconds in flight, CPU seconds.
type usage struct {
	inFlight time.Duration
	cpu      time.Duration
}

// used reads the counters.
func (e *Engine) used() usage {
	now := e.clock.now()
	total := usage{cpu: processCPU()}
	for _, s := range e.shards {
		s.mu.Lock()
		s.flying(0, now)
		total.inFlight += time.Duration(s.inFlightNs)
		s.mu.Unlock()
	}
	return total
}

// connections is the number of open connections.
func (e *Engine) connections() int {
	n := 0
	for _, s := range e.shards {
		s.mu.Lock()
		n += len(s.connections)
		s.mu.Unlock()
	}
	return n
}

// outstanding is the number of jobs that have neither ended nor been dropped.
func (e *Engine) outstanding() int {
	n := 0
	for _, s := range e.shards {
		s.mu.Lock()
		n += s.outstanding
		s.mu.Unlock()
	}
	return n
}
