package loadgen

import (
	"errors"
	"sync"
	"sync/atomic"
	"time"

	"loadlab/loadgen/pace"
	"loadlab/loadgen/plan"
	"loadlab/loadgen/target"
)

// State is what the run is doing, and what can be changed of it.
type State struct {
	RunID       string         `json:"run_id"`
	Scenario    string         `json:"scenario"`
	Phase       string         `json:"phase"`
	Phases      []string       `json:"phases"` // names of the plan's phases in its order, each once
	Loop        plan.Loop      `json:"loop"`
	Rate        float64        `json:"rate"`        // wanted now, of an open loop
	Concurrency int            `json:"concurrency"` // wanted, of a closed loop
	Arrivals    pace.Process   `json:"arrivals,omitempty"`
	Mix         map[string]int `json:"mix"` // weights by name of target
	Paused      bool           `json:"paused"`
	Ended       bool           `json:"ended"`
}

// Patch changes a run from now on. What is nil stays as it is.
type Patch struct {
	Rate        *float64       `json:"rate,omitempty"`        // open
	Concurrency *int           `json:"concurrency,omitempty"` // closed
	Arrivals    *pace.Process  `json:"arrivals,omitempty"`    // open
	Mix         map[string]int `json:"mix,omitempty"`         // new weights of some targets
}

// controls holds what other goroutines may change during a run.
type controls struct {
	mu       sync.Mutex // held while the run is changed
	steering steering
	stop     signal
	ended    atomic.Bool
	changes  changes
	watchers watchers
}

// steering is what the lock of the controls guards: only controls.lock returns it.
type steering struct {
	paused   bool
	pausedAt int64
	// resumeWith is the schedule that a pause has put aside.
	resumeWith *schedule
	weights    []int
}

// lock gives access to what is guarded, until unlock is called.
func (c *controls) lock() *steering {
	c.mu.Lock()
	return &c.steering
}

func (c *controls) unlock() { c.mu.Unlock() }

// State describes the run now.
func (e *Engine) State() State {
	steering := e.ctl.lock()
	defer e.ctl.unlock()
	state := State{RunID: e.cfg.RunID, Scenario: e.cfg.Plan.Name, Phases: e.cfg.Plan.PhaseNames(), Paused: steering.paused, Ended: e.ctl.ended.Load(), Mix: map[string]int{}}
	r := e.run.Load()
	if r == nil {
		return state
	}
	state.Phase, state.Loop = r.phase.Name, r.phase.Loop
	switch r.phase.Loop {
	case plan.Open:
		s := r.schedule.Load()
		if steering.paused {
			s = steering.resumeWith
		}
		state.Arrivals = s.process
		state.Rate = s.profile.RateAt(time.Duration(e.clock.Now() - s.base))
	case plan.Closed:
		state.Concurrency = int(r.concurrency.goal.Load())
	}
	for i, endpoint := range r.endpoints {
		state.Mix[endpoint.Name] = steering.weights[i]
	}
	return state
}

// Apply changes the run, or nothing of it, with an error that names everything
// in p that cannot be.
func (e *Engine) Apply(p Patch) error {
	steering := e.ctl.lock()
	defer e.ctl.unlock()
	r := e.run.Load()
	if r == nil || e.ctl.ended.Load() {
		return errors.New("nothing is running")
	}
	weights, err := r.check(p, steering.weights)
	if err != nil {
		return err
	}
	if p.Mix != nil {
		steering.weights = weights
		mix := target.NewMix(weights)
		r.mix.Store(&mix)
	}
	if p.Rate != nil || p.Arrivals != nil {
		if steering.paused {
			steering.resumeWith = steering.resumeWith.patched(p, steering.pausedAt)
		} else {
			old := r.schedule.Load()
			steering.replace(r, func(now int64) *schedule { return old.patched(p, now) })
		}
	}
	if p.Concurrency != nil {
		e.allow(*p.Concurrency)
		r.concurrency.set(*p.Concurrency, steering.paused)
		r.fill()
	}
	e.ctl.changes.count(patched)
	return nil
}
