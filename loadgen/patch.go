package loadgen

import (
	"errors"
	"fmt"
	"maps"
	"math"
	"slices"

	"loadlab/loadgen/pace"
	"loadlab/loadgen/plan"
	"loadlab/loadgen/send"
	"loadlab/loadgen/target"
)

// check returns the weights that p asks for.
func (r *phaseRun) check(p Patch, weights []int) ([]int, error) {
	next, err := r.reweigh(p.Mix, weights)
	errs := []error{err}
	wrong := func(format string, args ...any) { errs = append(errs, fmt.Errorf(format, args...)) }
	if p.Rate != nil && (math.IsNaN(*p.Rate) || *p.Rate < 0 || *p.Rate > pace.MaxRate) {
		wrong("rate: %v is not 0 to %d requests per second", *p.Rate, int(pace.MaxRate))
	}
	if (p.Rate != nil || p.Arrivals != nil) && r.phase.Loop != plan.Open {
		wrong("rate, arrivals: only an open loop has them, and this one is %s", r.phase.Loop)
	}
	if p.Arrivals != nil && *p.Arrivals != pace.Even && *p.Arrivals != pace.Poisson {
		wrong("arrivals: %q is not one of constant, poisson", *p.Arrivals)
	}
	if p.Concurrency != nil && (*p.Concurrency < 1 || *p.Concurrency > plan.MaxConcurrency) {
		wrong("concurrency: %d is not 1 to %d", *p.Concurrency, plan.MaxConcurrency)
	}
	if p.Concurrency != nil && r.phase.Loop != plan.Closed {
		wrong("concurrency: only a closed loop has one, and this one is %s", r.phase.Loop)
	}
	return next, errors.Join(errs...)
}

// reweigh returns weights with those that mix changes.
func (r *phaseRun) reweigh(mix map[string]int, weights []int) ([]int, error) {
	var errs []error
	next := slices.Clone(weights)
	for _, name := range slices.Sorted(maps.Keys(mix)) {
		weight := mix[name]
		switch i := slices.IndexFunc(r.endpoints, func(e *send.Endpoint) bool { return e.Name == name }); {
		case i < 0:
			errs = append(errs, fmt.Errorf("mix: no target is named %q", name))
		case weight < 0 || weight > target.MaxWeight:
			errs = append(errs, fmt.Errorf("mix: weight %d of %q is not 0 to %d", weight, name, target.MaxWeight))
		default:
			next[i] = weight
		}
	}
	if !slices.ContainsFunc(next, func(w int) bool { return w > 0 }) {
		errs = append(errs, errors.New("mix: every weight would be 0"))
	}
	return next, errors.Join(errs...)
}
