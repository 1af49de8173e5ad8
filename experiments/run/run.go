// Package run offers the load that a definition states, then judges what it measured:
//
//	definition, _ := catalog.Find("tutorial-io")
//	result, err := run.Experiment(ctx, definition, env, run.Options{})
//
// The addresses of the services come from definition.Env, so that one file runs
// under the lab, in containers, or against a service of the user's own.
package run

import (
	"context"
	"fmt"
	"maps"
	"runtime"
	"slices"
	"strings"
	"time"

	"loadlab/experiments/definition"
	"loadlab/experiments/judge"
	"loadlab/experiments/result"
)

// Options change how an experiment is run.
type Options struct {
	// Quick makes one round of shorter steps: there are no intervals then.
	Quick bool
	// Given replaces constants of the definition.
	Given map[string]float64
	// Seed makes Poisson arrivals the same in every run. Each round uses its own
	// seed; otherwise all rounds would share the same luck.
	Seed uint64
	// Settings are those with which services were started for the run, by process.
	Settings map[string]map[string]string
	// Command is what repeats the run, for the report.
	Command string
	// Report, if not nil, receives each event, one at a time.
	Report func(Event)
}

const (
	attempts      = 3 // of a load whose measurement is invalid
	quickAttempts = 2 // the same in a quick run
	quickPart     = 3 * time.Second
	cooldown      = 200 * time.Millisecond // between loads, for connections to close
)

// Experiment runs the experiment and judges it. It fails, before any load, when a
// service cannot be reached or a constant is unknown. When ctx ends, the result
// has what was measured, with the verdict Incomplete, and no error.
func Experiment(ctx context.Context, d *definition.Definition, e definition.Env, o Options) (*result.Result, error) {
	d, err := with(d, o)
	if err != nil {
		return nil, err
	}
	r, loads := newResult(d, e, o), newRunner(d, e, o)
	if r.Unmet, err = unmetNeeds(ctx, d, e); err != nil {
		return nil, err
	}
	if len(r.Unmet) == 0 {
		if r.Unmet, err = loads.lackingFiles(); err != nil {
			return nil, err
		}
	}
	if len(r.Unmet) == 0 {
		if err := loads.rounds(ctx, r); err != nil {
			return nil, err
		}
	}
	r.Seconds = time.Since(r.Started).Seconds()
	judge.Result(d, r)
	return r, nil
}

// with returns d as the options change it.
func with(d *definition.Definition, o Options) (*definition.Definition, error) {
	changed := *d
	changed.Given = map[string]float64{}
	for name, value := range d.Given {
		changed.Given[name] = value
	}
	for _, name := range slices.Sorted(maps.Keys(o.Given)) {
		if _, known := changed.Given[name]; !known {
			return nil, fmt.Errorf("%s has no constant %q; it has %s", d.Name, name, strings.Join(slices.Sorted(maps.Keys(d.Given)), ", "))
		}
		changed.Given[name] = o.Given[name]
	}
	if o.Quick {
		changed.Repeats = 1
		changed.Steps = append([]definition.Step(nil), d.Steps...)
		for i := range changed.Steps {
			shorten(&changed.Steps[i])
		}
	}
	return &changed, nil
}

// shorten keeps a step with faults or with a timeout, whose times belong together, as it is.
func shorten(s *definition.Step) {
	if len(s.Faults) == 0 && s.Timeout == 0 && s.Duration > quickPart {
		s.Duration, s.Warmup = quickPart, min(s.Warmup, quickPart/6)
	}
}

func newResult(d *definition.Definition, e definition.Env, o Options) *result.Result {
	now := time.Now()
	r := &result.Result{
		Schema: result.Schema, ID: d.Name + "-" + now.UTC().Format("20060102T150405.000"), Name: d.Name, Title: d.Title,
		Question: d.Question, Hypothesis: d.Hypothesis, Explanation: d.Explanation, Started: now, Given: d.Given,
		Machine:  result.Machine{OS: runtime.GOOS, Arch: runtime.GOARCH, Cores: runtime.NumCPU(), Go: runtime.Version()},
		Services: map[string]string{}, Quick: o.Quick, Command: o.Command, Settings: o.Settings,
	}
	for name, service := range e.Services {
		r.Services[name] = service.URL
	}
	return r
}
