package run

import (
	"context"
	"errors"
	"fmt"
	"time"

	"loadlab/experiments/definition"
	"loadlab/experiments/result"
	"loadlab/loadgen"
	"loadlab/loadgen/pace"
	"loadlab/loadgen/plan"
	"loadlab/loadgen/report"
	"loadlab/loadgen/target"
)

// runner offers the loads of one run.
type runner struct {
	d       *definition.Definition
	env     definition.Env
	options Options
	loads   []load
	took    map[load]time.Duration // the last time
	round   int                    // from 0
}

// load is one level of one step.
type load struct {
	step  *definition.Step
	level float64
}

func newRunner(d *definition.Definition, e definition.Env, o Options) *runner {
	run := &runner{d: d, env: e, options: o, took: map[load]time.Duration{}}
	for i := range d.Steps {
		for _, level := range d.Steps[i].Levels() {
			run.loads = append(run.loads, load{&d.Steps[i], level})
		}
	}
	return run
}

func (run *runner) rounds(ctx context.Context, r *result.Result) error {
	rounds := max(run.d.Repeats, 1)
	for round := range rounds {
		run.round = round
		r.Rounds = append(r.Rounds, result.Round{Points: map[string][]result.Point{}})
		for at, l := range run.loads {
			run.report(Event{Run: r.ID, Next: &Progress{
				Round: round + 1, Rounds: rounds, Step: l.step.Name, Load: l.level,
				Done: round*len(run.loads) + at, All: rounds * len(run.loads), Left: run.left(rounds-round-1, at).Seconds(),
			}})
			began := time.Now()
			point, err := run.load(ctx, l.step, l.level)
			if r.Interrupted = ctx.Err() != nil; r.Interrupted {
				return nil // whatever failed, the interruption is the reason
			}
			if err != nil {
				return fmt.Errorf("step %s at %g: %w", l.step.Name, l.level, err)
			}
			run.took[l] = time.Since(began)
			points := r.Rounds[round].Points
			points[l.step.Name] = append(points[l.step.Name], point)
			run.report(Event{Run: r.ID, Measured: &Measurement{Round: round + 1, Step: l.step.Name, Point: point}})
		}
	}
	return nil
}

func (run *runner) report(e Event) {
	if run.options.Report != nil {
		run.options.Report(e)
	}
}

// left estimates the time of the loads from number at on, and of whole rounds
// after them: what each took the last time, else what is planned.
func (run *runner) left(rounds, at int) time.Duration {
	var sum time.Duration
	for i, l := range run.loads {
		took, known := run.took[l]
		if !known {
			took = l.step.Duration + cooldown
		}
		sum += time.Duration(rounds) * took
		if i >= at {
			sum += took
		}
	}
	return sum
}

// load measures one load, again when the generator was disturbed.
func (run *runner) load(ctx context.Context, step *definition.Step, level float64) (result.Point, error) {
	limit := attempts
	if run.options.Quick {
		limit = quickAttempts
	}
	for attempt := 1; ; attempt++ {
		point, err := run.measure(ctx, step, level)
		point.Attempts = attempt
		if err != nil || point.Valid || attempt == limit || ctx.Err() != nil {
			return point, err
		}
	}
}

func (run *runner) measure(ctx context.Context, step *definition.Step, level float64) (result.Point, error) {
	cfg, err := run.config(step, level)
	if err != nil {
		return result.Point{}, err
	}
	stop, err := run.background(ctx, step)
	if err != nil {
		return result.Point{}, err
	}
	defer stop()
	before, err := run.watched(ctx, step)
	if err != nil {
		return result.Point{}, err
	}
	seen := run.watchPeaks(ctx, step)
	faults := run.startFaults(ctx, step)
	began := time.Now()
	measured, err := loadgen.Run(ctx, cfg)
	took := time.Since(began)
	peaks := seen()
	if failed := errors.Join(faults(), run.faultless(context.WithoutCancel(ctx), step)); failed != nil || err != nil {
		return result.Point{}, errors.Join(err, failed)
	}
	point := pointOf(level, step.Lag, measured)
	if after, err := run.watched(ctx, step); err != nil {
		return result.Point{}, err
	} else if after != nil {
		addWatched(&point, before, after, took, peaks)
	}
	pause(ctx, cooldown)
	return point, nil
}

func (run *runner) config(step *definition.Step, level float64) (loadgen.Config, error) {
	targets, err := target.Parse(run.env.Resolve(step.Target))
	if err != nil {
		return loadgen.Config{}, fmt.Errorf("read target: %w", err)
	}
	phase := plan.Phase{
		Name: step.Name, Loop: step.Loop, Targets: targets, Duration: step.Duration, Warmup: step.Warmup, Arrivals: step.Arrivals,
	}
	switch step.Loop {
	case plan.Batch:
		phase.Count = int(level)
	case plan.Closed:
		phase.Concurrency = int(level)
	case plan.Open:
		phase.Rate = level
		if phase.Arrivals == "" {
			phase.Arrivals = pace.Even
		}
	}
	return loadgen.Config{
		Plan: plan.Plan{Name: run.d.Name, Phases: []plan.Phase{phase}}, Timeout: step.Timeout, MaxConnections: step.Connections, NoKeepAlive: step.OneEach(),
		TraceRatio: step.TraceRatio, Seed: run.options.Seed + uint64(run.round), AllowedHosts: run.env.AllowedHosts,
	}, nil
}

// background starts the background load of the step, and returns the function that ends it.
func (run *runner) background(ctx context.Context, step *definition.Step) (stop func(), err error) {
	if step.Background == nil {
		return func() {}, nil
	}
	cfg, err := run.config(&definition.Step{Name: "background", Loop: plan.Closed, Target: step.Background.Target}, float64(step.Background.Concurrency))
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithCancel(ctx)
	engine, err := loadgen.New(cfg)
	if err != nil {
		cancel()
		return nil, fmt.Errorf("background load of the step: %w", err)
	}
	done := make(chan *report.Report, 1)
	go func() { done <- engine.Run(ctx) }()
	return func() {
		cancel()
		<-done
	}, nil
}
