package observe

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"
)

// Fault is one that a test causes under Traffic.
type Fault struct {
	Name    string
	Affects []string // kinds of requests that may fail meanwhile; all others go on
	Cause   func()
	Hold    time.Duration
	End     func()                      // nil if it ends on its own
	Back    func(context.Context) error // nil when the part is there again; nil if there is none to wait for
	Works   func(context.Context) error // the same of a part that no request needs, whose recovery this is
}

// Trials causes one fault after the other under the same traffic, which is to run meanwhile.
type Trials struct {
	Traffic *Traffic
	Limit   time.Duration // of each recovery
	Results Results
	calm    time.Time // since when no request may fail
}

// Begin waits until all of the traffic succeeds.
func (t *Trials) Begin(ctx context.Context) error {
	_, err := t.Traffic.Recovered(ctx, time.Now(), t.Limit)
	t.calm = time.Now()
	return err
}

// Try causes a fault and waits for the recovery. It returns an error if there is
// none, or if a request fails that is not affected.
func (t *Trials) Try(ctx context.Context, fault Fault) error {
	time.Sleep(300 * time.Millisecond) // some requests that must not fail
	before, began := t.Traffic.Tally(), time.Now()
	var errs []error
	if failures := t.Traffic.Failures(t.calm, began); len(failures) > 0 {
		errs = append(errs, fmt.Errorf("before the fault %q %d requests fail outside of faults: %v", fault.Name, len(failures), failures[0]))
	}
	fault.Cause()
	time.Sleep(fault.Hold)
	if fault.End != nil {
		fault.End()
	}
	ended := time.Now()
	at, err := t.Traffic.Recovered(ctx, ended, t.Limit)
	if err == nil && fault.Back != nil {
		err = Eventually(ctx, t.Limit, fault.Back)
	}
	if err == nil && fault.Works != nil {
		err = Eventually(ctx, t.Limit, fault.Works)
		at = time.Now()
	}
	if err != nil {
		return errors.Join(append(errs, fmt.Errorf("%s: %w", fault.Name, err))...)
	}
	t.calm = time.Now()
	for _, failure := range t.Traffic.Failures(began, t.calm) {
		if !slices.Contains(fault.Affects, failure.Kind) {
			errs = append(errs, fmt.Errorf("%s: a request fails that has nothing to do with it: %v", fault.Name, failure))
		}
	}
	t.Results.Add(fault.Name, t.Traffic.Tally().Minus(before), at.Sub(ended))
	return errors.Join(errs...)
}
