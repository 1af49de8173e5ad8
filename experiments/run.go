package experiments

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"strings"
	"time"
)

// Options change how an experiment is run.
type Options struct {
	// Quick makes one round of shorter steps: there are no intervals then.
	Quick bool
	// Given replaces constants of the definition.
	Given map[string]float64
	// Seed makes Poisson arrivals the same in every run. Each round has a sequence
	// of its own, since the chance of one would else be in all of them.
	Seed uint64
	// Settings are those with which services were started for the run, by process.
	Settings map[string]map[string]string
	// Command is what repeats the run, for the report.
	Command string
	// Report, if not nil, is told what happens, one thing at a time.
	Report func(Event)
}

const (
	attempts  = 3 // of a load whose measurement is invalid
	quickly   = 2 // the same of a quick run
	quickPart = 3 * time.Second
	cooldown  = 200 * time.Millisecond // between loads, for connections to close
)

// Run makes the experiment and judges it. It fails, before any load, when a
// service cannot be reached or a constant is unknown. When ctx ends, the result
// has what was measured, with the verdict Incomplete, and no error.
func Run(ctx context.Context, d *Definition, e Env, o Options) (*Result, error) {
	d, err := d.with(o)
	if err != nil {
		return nil, err
	}
	r := d.newResult(e, o)
	if r.Unmet, err = d.unmet(ctx, e); err != nil {
		return nil, err
	}
	if len(r.Unmet) == 0 {
		if err := newRunner(d, e, o).rounds(ctx, r); err != nil {
			return nil, err
		}
	}
	r.Seconds = time.Since(r.Started).Seconds()
	d.judge(r)
	return r, nil
}

// with returns d as the options change it.
func (d *Definition) with(o Options) (*Definition, error) {
	changed := *d
	changed.Given = map[string]float64{}
	for name, value := range d.Given {
		changed.Given[name] = value
	}
	for _, name := range sortedKeys(o.Given) {
		if _, known := changed.Given[name]; !known {
			return nil, fmt.Errorf("%s has no constant %q; it has %s", d.Name, name, strings.Join(sortedKeys(d.Given), ", "))
		}
		changed.Given[name] = o.Given[name]
	}
	if o.Quick {
		changed.Repeats = 1
		changed.Steps = append([]Step(nil), d.Steps...)
		for i := range changed.Steps {
			changed.Steps[i].shorten()
		}
	}
	return &changed, nil
}

// shorten keeps a step with faults or with a timeout, whose times belong together, as it is.
func (s *Step) shorten() {
	if len(s.Faults) == 0 && s.Timeout == 0 && s.Duration > quickPart {
		s.Duration, s.Warmup = quickPart, min(s.Warmup, quickPart/6)
	}
}

func (d *Definition) newResult(e Env, o Options) *Result {
	now := time.Now()
	r := &Result{
		Schema: Schema, ID: d.Name + "-" + now.UTC().Format("20060102T150405.000"), Name: d.Name, Title: d.Title,
		Question: d.Question, Hypothesis: d.Hypothesis, Explanation: d.Explanation, Started: now, Given: d.Given,
		Machine:  Machine{OS: runtime.GOOS, Arch: runtime.GOARCH, Cores: runtime.NumCPU(), Go: runtime.Version()},
		Services: map[string]string{}, Quick: o.Quick, Command: o.Command, Settings: o.Settings,
	}
	for name, service := range e.Services {
		r.Services[name] = service.URL
	}
	return r
}

// unmet says which needs are not met. A service without a need must be there.
func (d *Definition) unmet(ctx context.Context, e Env) ([]string, error) {
	var unmet []string
	needed := map[string]bool{}
	for i, need := range d.Needs {
		needed[need.Service] = true
		if err := d.met(ctx, i, e.Services[need.Service]); err != nil {
			unmet = append(unmet, fmt.Sprintf("%s: %v; it needs %s", need.Service, err, need.Setting))
		}
	}
	var errs []error
	for _, name := range d.services() {
		if needed[name] {
			continue
		}
		if err := e.Services[name].reachable(ctx); err != nil {
			errs = append(errs, fmt.Errorf("service %s: %w", name, err))
		}
	}
	for _, name := range d.admins() {
		if e.Services[name].Admin == "" && len(unmet) == 0 {
			errs = append(errs, fmt.Errorf("service %s: %w", name, errNoAdmin))
		}
	}
	return unmet, errors.Join(errs...)
}

func (d *Definition) met(ctx context.Context, i int, service Service) error {
	if err := service.reachable(ctx); err != nil {
		return err
	}
	need := d.Needs[i]
	if need.Metric == "" {
		return nil
	}
	scope := map[string]any{}
	for name, value := range d.Given {
		scope[name] = value
	}
	want, err := evaluate(d.programs[fmt.Sprintf("$.needs[%d].equals", i)], scope)
	if err != nil {
		return err
	}
	metrics, err := service.scrape(ctx)
	if err != nil {
		return err
	}
	switch got, has := metrics[need.Metric]; {
	case !has:
		return fmt.Errorf("it has no metric %s", need.Metric)
	case got != want:
		return fmt.Errorf("%s is %g, not %g", need.Metric, got, want)
	}
	return nil
}
