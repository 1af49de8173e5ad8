package loadgen

import (
	"errors"

	"loadlab/loadgen/plan"
)

// entered makes r the phase that is controlled.
func (c *controls) entered(e *Engine, r *phaseRun, weights []int) {
	steering := c.lock()
	defer c.unlock()
	steering.weights, steering.paused = weights, false
	e.run.Store(r)
}

// left ends a pause with its phase.
func (c *controls) left() {
	steering := c.lock()
	defer c.unlock()
	steering.paused = false
}

// Pause stops scheduling until Resume. The plan's clock stands still meanwhile.
func (e *Engine) Pause() error {
	steering := e.ctl.lock()
	defer e.ctl.unlock()
	r := e.run.Load()
	switch {
	case r == nil || e.ctl.ended.Load():
		return errors.New("nothing is running")
	case r.phase.Loop == plan.Batch:
		return errors.New("a batch cannot be paused: it is sent at once")
	case steering.paused:
		return nil
	}
	old := r.schedule.Load()
	r.concurrency.pause()
	steering.pausedAt = steering.replace(r, func(int64) *schedule { return old.idle() })
	steering.paused, steering.resumeWith = true, old
	e.ctl.changes.count(paused)
	return nil
}

// Resume ends a pause.
func (e *Engine) Resume() error {
	steering := e.ctl.lock()
	defer e.ctl.unlock()
	r := e.run.Load()
	if r == nil || e.ctl.ended.Load() {
		return errors.New("nothing is running")
	}
	if !steering.paused {
		return nil
	}
	now := steering.replace(r, func(now int64) *schedule { return steering.resumeWith.shifted(steering.pausedAt, now) })
	e.results.paused(now - steering.pausedAt)
	steering.paused = false
	r.concurrency.resume()
	r.fill()
	e.ctl.changes.count(resumed)
	return nil
}

// Stop ends the run as the end of its context does.
func (e *Engine) Stop() {
	if e.ctl.stop.raise() {
		e.ctl.changes.count(stopped)
	}
}
