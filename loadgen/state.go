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
	paused   bool
	pausedAt int64
	// resumeWith is the schedule that a pause has put aside.
	resumeWith *schedule
	weights    []int
	stop       chan struct{}
	stopped    atomic.Bool
	ended      atomic.Bool
	changes    changes

	watching sync.Mutex
	watchers map[chan Snapshot]struct{}
}

func (c *controls) init() {
	c.stop = make(chan struct{})
	c.watchers = map[chan Snapshot]struct{}{}
}

// State describes the run now.
func (e *Engine) State() State {
	e.ctl.mu.Lock()
	defer e.ctl.mu.Unlock()
	state := State{RunID: e.cfg.RunID, Scenario: e.cfg.Plan.Name, Paused: e.ctl.paused, Ended: e.ctl.ended.Load(), Mix: map[string]int{}}
	r := e.run.Load()
	if r == nil {
		return state
	}
	state.Phase, state.Loop = r.phase.Name, r.phase.Loop
	switch r.phase.Loop {
	case plan.Open:
		s := r.schedule.Load()
		if e.ctl.paused {
			s = e.ctl.resumeWith
		}
		state.Arrivals = s.process
		state.Rate = s.profile.RateAt(time.Duration(e.clock.now() - s.base))
	case plan.Closed:
		state.Concurrency = int(r.goal.Load())
	}
	for i, endpoint := range r.endpoints {
		state.Mix[endpoint.Name] = e.ctl.weights[i]
	}
	return state
}

// Apply changes the run, or nothing of it, with an error that names everything
// in p that cannot be.
func (e *Engine) Apply(p Patch) error {
	e.ctl.mu.Lock()
	defer e.ctl.mu.Unlock()
	r := e.run.Load()
	if r == nil || e.ctl.ended.Load() {
		return errors.New("nothing is running")
	}
	weights, err := r.check(p, e.ctl.weights)
	if err != nil {
		return err
	}
	if p.Mix != nil {
		e.ctl.weights = weights
		mix := target.NewMix(weights)
		r.mix.Store(&mix)
	}
	if p.Rate != nil || p.Arrivals != nil {
		if e.ctl.paused {
			e.ctl.resumeWith = e.ctl.resumeWith.patched(p, e.ctl.pausedAt)
		} else {
			old := r.schedule.Load()
			r.replace(func(now int64) *schedule { return old.patched(p, now) })
		}
	}
	if p.Concurrency != nil {
		r.goal.Store(int64(*p.Concurrency))
		e.allow(*p.Concurrency)
		if !e.ctl.paused {
			r.wanted.Store(r.goal.Load())
			r.fill()
		}
	}
	e.ctl.changes.count(patched)
	return nil
}
