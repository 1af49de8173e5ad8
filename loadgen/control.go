package loadgen

import (
	"errors"

	"loadlab/loadgen/plan"
)

// entered makes r the phase that is controlled.
func (c *controls) entered(e *Engine, r *phaseRun, weights []int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.weights, c.paused = weights, false
	e.run.Store(r)
}

// left ends a pause with its phase.
func (c *controls) left() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.paused = false
}

// Pause stops scheduling until Resume. The plan's clock stands still meanwhile.
func (e *Engine) Pause() error {
	e.ctl.mu.Lock()
	defer e.ctl.mu.Unlock()
	r := e.run.Load()
	switch {
	case r == nil || e.ctl.ended.Load():
		return errors.New("nothing is running")
	case r.phase.Loop == plan.Batch:
		return errors.New("a batch cannot be paused: it is sent at once")
	case e.ctl.paused:
		return nil
	}
	old := r.schedule.Load()
	r.wanted.Store(0)
	e.ctl.pausedAt = r.replace(func(int64) *schedule { return old.idle() })
	e.ctl.paused, e.ctl.resumeWith = true, old
	e.ctl.changes.count(paused)
	return nil
}

// Resume ends a pause.
func (e *Engine) Resume() error {
	e.ctl.mu.Lock()
	defer e.ctl.mu.Unlock()
	r := e.run.Load()
	if r == nil || e.ctl.ended.Load() {
		return errors.New("nothing is running")
	}
	if !e.ctl.paused {
		return nil
	}
	now := r.replace(func(now int64) *schedule { return e.ctl.resumeWith.shifted(e.ctl.pausedAt, now) })
	e.results.paused(now - e.ctl.pausedAt)
	e.ctl.paused = false
	r.wanted.Store(r.goal.Load())
	r.fill()
	e.ctl.changes.count(resumed)
	return nil
}

// Stop ends the run as the end of its context does.
func (e *Engine) Stop() {
	if e.ctl.stopped.CompareAndSwap(false, true) {
		close(e.ctl.stop)
		e.ctl.changes.count(stopped)
	}
}
