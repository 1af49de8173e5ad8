// Package maxrate measures the highest request rate at which a service keeps its service level objectives.
//
// Each candidate rate is offered in an open loop and observed until two
// measurements agree (package knee); what a measurement says is decided from the
// generator's own report:
//
//	result, err := maxrate.Run(ctx, maxrate.Config{Targets: targets, SLO: slo, Min: 10, Max: 10_000, Duration: 5 * time.Second}, nil)
package maxrate

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strings"
	"time"

	"loadlab/experiments/knee"
	"loadlab/loadgen"
	"loadlab/loadgen/pace"
	"loadlab/loadgen/report"
	"loadlab/loadgen/target"
)

// Config is what to search, and where.
type Config struct {
	Targets []target.Target
	// SLO are the bounds that must hold. Bounds of 1 % on error_rate and
	// dropped_rate are added when there are none, because a refusal is quick and
	// has no response time.
	SLO []report.Threshold
	// Min and Max enclose the search, in requests per second; it begins at Min.
	Min, Max  float64
	Precision float64       // width of the answer relative to it; 0 means 0.01
	Duration  time.Duration // of each measurement, after its warm-up; from MinDuration to MaxDuration
	Warmup    time.Duration
	Arrivals  pace.Process // constant unless given
	// Seed makes Poisson arrivals the same in every search; those of its measurements differ.
	Seed         uint64
	Timeout      time.Duration // of a request; 0 means 10 s
	Connections  int           // the most at a time; 0 means 256
	AllowedHosts []string      // other than loopback, that may be loaded
}

// Bounds of a measurement's duration.
const (
	MinDuration = 100 * time.Millisecond
	MaxDuration = 10 * time.Minute
)

const (
	dialTimeout = 5 * time.Second
	cooldown    = 200 * time.Millisecond // between measurements, for queues to empty
)

// Observation is one measurement of a candidate rate.
type Observation struct {
	Rate     float64 `json:"rate"`          // offered, per second
	Achieved float64 `json:"achieved_rate"` // completed, per second
	P50      float64 `json:"response_p50_s"`
	P99      float64 `json:"response_p99_s"`
	// Outcome is sustained, failed or disturbed; Why is empty for the first.
	Outcome string `json:"outcome"`
	Why     string `json:"why,omitempty"`
}

// Progress is called before each measurement, with the next rate and the observation before it.
type Progress func(next float64, last *Observation, left time.Duration)

// measure offers a rate; its number makes the arrivals of two measurements differ.
type measure func(ctx context.Context, rate float64, number uint64) (*report.Report, error)

// Run searches until the answer is known or ctx ends, which is no error: the
// result then says Interrupted. It fails, before any load, on a configuration
// that cannot be used or a target that does not answer.
func Run(ctx context.Context, cfg Config, progress Progress) (*Result, error) {
	if err := cfg.Check(); err != nil {
		return nil, err
	}
	if err := cfg.reachable(ctx); err != nil {
		return nil, err
	}
	return cfg.search(ctx, cfg.offer, progress)
}

// Check returns every reason why the configuration cannot be used.
func (c Config) Check() error {
	var errs []error
	if len(c.SLO) == 0 {
		errs = append(errs, errors.New("no service level objective; write one or more, as p99<50ms,error_rate<1%"))
	}
	for i := range c.SLO {
		if text := c.SLO[i].Text; strings.Contains(text, ">") || figure(text) == "rate" {
			errs = append(errs, fmt.Errorf("objective %q: it must be an upper bound of pN, mean, max, error_rate or dropped_rate", text))
		}
	}
	if c.Duration < MinDuration || c.Duration > MaxDuration {
		errs = append(errs, fmt.Errorf("duration %v is not %v to %v", c.Duration, MinDuration, MaxDuration))
	}
	if c.Warmup < 0 || c.Warmup > MaxDuration {
		errs = append(errs, fmt.Errorf("warm-up %v is not 0s to %v", c.Warmup, MaxDuration))
	}
	if c.Arrivals != "" && c.Arrivals != pace.Even && c.Arrivals != pace.Poisson {
		errs = append(errs, fmt.Errorf("arrivals %q are not %s or %s", c.Arrivals, pace.Even, pace.Poisson))
	}
	if _, err := knee.New(c.bounds()); err != nil {
		errs = append(errs, err)
	} else if err := c.load(c.Max, 0).Check(); err != nil {
		errs = append(errs, err)
	}
	return errors.Join(errs...)
}

func (c Config) bounds() knee.Config {
	return knee.Config{Start: c.Min, Min: c.Min, Max: c.Max, Precision: c.Precision}
}

func (c Config) offer(ctx context.Context, rate float64, number uint64) (*report.Report, error) {
	return loadgen.Run(ctx, c.load(rate, number))
}

// reachable dials every target once.
func (c Config) reachable(ctx context.Context) error {
	var errs []error
	dialer := net.Dialer{Timeout: dialTimeout}
	for i := range c.Targets {
		connection, err := dialer.DialContext(ctx, "tcp", c.Targets[i].Address())
		if err != nil {
			errs = append(errs, fmt.Errorf("reach target %s: %w", c.Targets[i].URL, err))
			continue
		}
		_ = connection.Close() // nothing was sent
	}
	return errors.Join(errs...)
}

// search drives the state machine.
func (c Config) search(ctx context.Context, measure measure, progress Progress) (*Result, error) {
	machine, err := knee.New(c.bounds())
	if err != nil {
		return nil, err
	}
	began := time.Now()
	slo := c.objectives()
	r := c.newResult(began, slo)
	for number := uint64(0); ctx.Err() == nil; number++ {
		rate, more := machine.Next()
		if !more {
			break
		}
		if progress != nil {
			progress(rate, r.last(), time.Duration(machine.Left())*(c.Warmup+c.Duration+cooldown))
		}
		measured, err := measure(ctx, rate, number)
		if err != nil {
			return nil, fmt.Errorf("offer %.4g/s: %w", rate, err)
		}
		if ctx.Err() == nil { // else it was cut short
			outcome, why := judge(measured, slo)
			machine.Observe(outcome)
			r.Observations = append(r.Observations, observation(rate, measured, outcome, why))
		}
		pause(ctx, cooldown)
	}
	r.conclude(machine.Result())
	r.Seconds = time.Since(began).Seconds()
	return r, nil
}

// pause waits, less long when ctx ends.
func pause(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
}
