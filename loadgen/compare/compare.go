// Package compare judges whether a run was worse than its baseline.
package compare

import (
	"errors"
	"fmt"
	"math"
	"slices"

	"loadlab/loadgen/report"
)

// Tolerance is how much worse than the baseline a figure may be. It has to cover what differs between two runs
// of the same software on the same machine, which no single run can show.
type Tolerance struct {
	Times  float64 // as a share of the baseline's quantile, at least 0
	Shares float64 // of failed and of dropped requests, as a difference, from 0 to 1
}

// Default is the tolerance of a machine with little else to do.
func Default() Tolerance { return Tolerance{Times: .05, Shares: .001} }

// Result is what a comparison has found.
type Result struct {
	Tolerance   Tolerance
	Differences []Difference
	Invalid     []string // why the runs cannot be compared; the differences are shown nevertheless
}

// confidence is that of all intervals together, divided among them by Bonferroni's rule.
const confidence = 0.95

// Reports compares a run with its baseline. The error says why they do not measure the same.
//
// Times are the quantiles of the response time of successes. The interval of a quantile's change is that of the
// percentile bootstrap (Efron, Tibshirani: An Introduction to the Bootstrap, 1993, chapter 13). Resampling is not
// needed: the bootstrap distribution of an order statistic is known exactly (Hutson, Ernst: The exact bootstrap
// mean and variance of an L-estimator, J. R. Statist. Soc. B 62, 2000), and drawn from. The interval of a
// difference between shares is Newcombe's hybrid score interval (Interval estimation for the difference between
// independent proportions, Statistics in Medicine 17, 1998, method 10).
//
// A figure is worse if its whole interval is beyond the tolerance, so noise alone seldom fails. Both methods take requests as
// independent. Those of one run are not quite, and a tolerance of 0 would find differences between any two runs.
func Reports(baseline, now *report.Report, tolerance Tolerance) (*Result, error) {
	if err := comparable(baseline, now); err != nil {
		return nil, err
	}
	result := &Result{Tolerance: tolerance, Invalid: invalid(baseline, now)}
	quantiles := []float64{.5, .9, .99}
	level := 1 - (1-confidence)/float64(len(quantiles)+2)
	for _, q := range quantiles {
		result.Differences = append(result.Differences, times(baseline.ResponseOK, now.ResponseOK, q, level, tolerance.Times))
	}
	result.Differences = append(result.Differences,
		shares("failed", baseline.Failed(), baseline.Completed, now.Failed(), now.Completed, level, tolerance.Shares),
		shares("dropped", baseline.DroppedAll(), baseline.Scheduled, now.DroppedAll(), now.Scheduled, level, tolerance.Shares))
	return result, nil
}

// comparable says why the runs do not measure the same.
func comparable(a, b *report.Report) error {
	names := func(r *report.Report) []string {
		var all []string
		for i := range r.Targets {
			all = append(all, r.Targets[i].Name)
		}
		slices.Sort(all)
		return all
	}
	var errs []error
	if a.Loop != b.Loop {
		errs = append(errs, fmt.Errorf("the baseline has a loop that is %s, this run one that is %s", a.Loop, b.Loop))
	}
	if x, y := names(a), names(b); !slices.Equal(x, y) {
		errs = append(errs, fmt.Errorf("the baseline has the targets %q, this run %q", x, y))
	}
	return errors.Join(errs...)
}

// maxRateDifference is the greatest difference between the rates of two open loops whose times are compared.
const maxRateDifference = 0.02

// invalid says why differences between the runs prove nothing about the server.
func invalid(a, b *report.Report) []string {
	var reasons []string
	for name, r := range map[string]*report.Report{"the baseline": a, "this run": b} {
		for _, reason := range r.Validity.Reasons {
			reasons = append(reasons, name+" is invalid: "+reason.Detail)
		}
		if r.Interrupted {
			reasons = append(reasons, name+" was interrupted")
		}
	}
	slices.Sort(reasons)
	if a.Loop == "open" && math.Abs(b.OfferedRate-a.OfferedRate) > maxRateDifference*a.OfferedRate {
		reasons = append(reasons, fmt.Sprintf("the rates differ: %.4g/s were offered to the baseline, %.4g/s to this run", a.OfferedRate, b.OfferedRate))
	}
	return reasons
}

// Worse are the names of the figures that are worse than the baseline's.
func (r *Result) Worse() []string {
	var names []string
	for _, d := range r.Differences {
		if d.Finding == Worse {
			names = append(names, d.Name)
		}
	}
	return names
}
