// Package plan says what load to offer, phase after phase.
package plan

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"loadlab/loadgen/pace"
	"loadlab/loadgen/target"
)

// Loop says what causes the next request.
type Loop string

// The loops.
const (
	Open   Loop = "open"   // its time in the schedule, whatever became of earlier ones
	Closed Loop = "closed" // the end of an earlier one: a fixed number is under way
	Batch  Loop = "batch"  // the start: all are sent at once
)

// Plan is a sequence of phases.
type Plan struct {
	Name   string // of the scenario
	Phases []Phase
	Repeat bool // after the last phase the first comes again, until the run is stopped
}

// Phase is load of one kind. A zero duration means until the run is stopped,
// the stages end, or the batch is complete.
type Phase struct {
	Name     string
	Loop     Loop
	Targets  []target.Target
	Duration time.Duration
	Warmup   time.Duration // its first part, which is sent and not reported
	Chain    bool          // a virtual user sends the targets in their order, each after the reply to the one before
	Once     bool          // left out when the plan repeats

	Rate     float64       // open: requests per second
	Stages   []pace.Stage  // open: instead of a constant rate, ramps that begin at Rate
	Arrivals pace.Process  // open
	Count    int           // batch: requests in all
	Requests int           // closed: the phase ends after so many, 0 for no limit
	Think    time.Duration // closed: pause between a reply and the next request
	// Concurrency is the number of requests under way in a closed loop.
	Concurrency int
}

// Bounds of a phase.
const (
	MaxConcurrency = 20_000
	MaxCount       = 1_000_000     // of a batch
	MaxRequests    = 1_000_000_000 // of a closed loop
	MaxPhases      = 100
)

// Profile is the rate over time of an open loop.
func (p *Phase) Profile() pace.Profile {
	if len(p.Stages) > 0 {
		return pace.Stages(p.Rate, p.Stages)
	}
	return pace.Constant(p.Rate)
}

// Length is the duration of the phase, of its stages if it has none, 0 if it has no end.
func (p *Phase) Length() time.Duration {
	if p.Duration > 0 || p.Loop != Open {
		return p.Duration
	}
	profile := p.Profile()
	return profile.Duration()
}

// PhaseNames returns the names of the phases in the order of the plan, each once:
// where it comes last, since a first glance at a phase may precede the plan proper.
func (p *Plan) PhaseNames() []string {
	names := make([]string, 0, len(p.Phases))
	for i := range p.Phases {
		name := p.Phases[i].Name
		names = append(slices.DeleteFunc(names, func(earlier string) bool { return earlier == name }), name)
	}
	return names
}

// Check returns every reason why the plan cannot be run.
func (p *Plan) Check() error {
	var errs []error
	if len(p.Phases) == 0 || len(p.Phases) > MaxPhases {
		errs = append(errs, fmt.Errorf("a plan has 1 to %d phases, not %d", MaxPhases, len(p.Phases)))
	}
	if p.Repeat && !slices.ContainsFunc(p.Phases, func(phase Phase) bool { return !phase.Once }) {
		errs = append(errs, errors.New("a plan that repeats needs a phase that comes more than once"))
	}
	for i := range p.Phases {
		phase := &p.Phases[i]
		for _, err := range phase.check() {
			errs = append(errs, fmt.Errorf("phase %q: %w", phase.Name, err))
		}
		last := i == len(p.Phases)-1 && !p.Repeat
		if !last && phase.Length() == 0 && phase.Loop != Batch {
			errs = append(errs, fmt.Errorf("phase %q: needs a duration, because another phase follows", phase.Name))
		}
	}
	return errors.Join(errs...)
}

func (p *Phase) check() []error {
	var errs []error
	need := func(ok bool, format string, args ...any) {
		if !ok {
			errs = append(errs, fmt.Errorf(format, args...))
		}
	}
	need(len(p.Targets) > 0, "no target")
	need(p.Duration >= 0 && p.Duration <= 30*24*time.Hour, "duration %v is not 0s to 720h", p.Duration)
	for i := range p.Targets {
		need(!p.Chain || p.Targets[i].Weight == 1, "target %q has a weight, which has no effect in a chain", p.Targets[i].Name)
	}
	length := p.Length()
	need(p.Warmup >= 0 && (length == 0 || p.Warmup < length), "warm-up %v is not shorter than the duration %v", p.Warmup, length)
	switch p.Loop {
	case Open:
		need(p.Rate >= 0 && p.Rate <= pace.MaxRate, "rate %v is not 0 to %d requests per second", p.Rate, int(pace.MaxRate))
		need(p.Rate > 0 || len(p.Stages) > 0, "an open loop needs a rate above 0 or stages")
		need(p.Arrivals == pace.Even || p.Arrivals == pace.Poisson, "arrivals %q is not one of constant, poisson", p.Arrivals)
	case Closed:
		need(p.Concurrency >= 1 && p.Concurrency <= MaxConcurrency, "concurrency %d is not 1 to %d", p.Concurrency, MaxConcurrency)
		need(p.Requests >= 0 && p.Requests <= MaxRequests, "%d requests are not 0 to %d", p.Requests, MaxRequests)
		need(p.Think >= 0 && p.Think <= time.Hour, "think time %v is not 0s to 1h", p.Think)
	case Batch:
		need(p.Count >= 1 && p.Count <= MaxCount, "count %d is not 1 to %d", p.Count, MaxCount)
	default:
		need(false, "loop %q is not one of open, closed, batch", p.Loop)
	}
	return errs
}
