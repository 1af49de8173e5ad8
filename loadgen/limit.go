package loadgen

import "loadlab/loadgen/plan"

// limit opens the shards that the phase uses, each with its share of the connections.
func (e *Engine) limit(r *phaseRun) {
	total := e.cfg.connections(&r.phase)
	r.shards = len(e.sender.Shards)
	if r.phase.Loop != plan.Closed {
		r.shards = e.pacers
	}
	r.shards = min(r.shards, total)
	for i, s := range e.sender.Shards {
		limit := total / r.shards
		if i < total%r.shards {
			limit++
		}
		if r.phase.Loop == plan.Closed && e.cfg.MaxConnections == 0 {
			limit = total // the concurrency bounds them all together
		}
		s.Open(limit)
	}
}

// allow lets a closed loop of the concurrency have as many connections, unless the user limits them.
func (e *Engine) allow(concurrency int) {
	if e.cfg.MaxConnections > 0 {
		return
	}
	for _, s := range e.sender.Shards {
		s.Open(concurrency)
	}
}
