package run

import (
	"context"
	"errors"
	"fmt"
	"time"

	"loadlab/experiments/definition"
)

// pause waits, less long when ctx ends.
func pause(ctx context.Context, d time.Duration) {
	select {
	case <-time.After(d):
	case <-ctx.Done():
	}
}

// startFaults switches the faults of the step when their time comes. The
// function it returns ends them and reports what failed.
func (run *runner) startFaults(ctx context.Context, step *definition.Step) (end func() error) {
	ctx, cancel := context.WithCancel(ctx)
	results := make(chan error, len(step.Faults))
	for i := range step.Faults {
		go func() {
			fault := &step.Faults[i]
			service := run.env.Services[fault.Service]
			pause(ctx, fault.After)
			if ctx.Err() != nil {
				results <- nil
				return
			}
			if err := setFault(ctx, service, fault); err != nil {
				results <- fmt.Errorf("fault %s at %s: %w", fault.Kind, fault.Service, err)
				return
			}
			pause(ctx, fault.Duration)
			// The run may have been interrupted: the service must not stay broken.
			results <- clearFault(context.WithoutCancel(ctx), service, fault)
		}()
	}
	return func() error {
		cancel()
		var errs []error
		for range step.Faults {
			errs = append(errs, <-results)
		}
		return errors.Join(errs...)
	}
}

// faultless fails when a fault of the step has not ended: the next load would meet it.
func (run *runner) faultless(ctx context.Context, step *definition.Step) error {
	for _, fault := range step.Faults {
		metrics, err := scrape(ctx, run.env.Services[fault.Service])
		if err != nil {
			return fmt.Errorf("look for faults at %s: %w", fault.Service, err)
		}
		if metrics["lab_fault_active"] != 0 {
			return fmt.Errorf("a fault at %s has not ended", fault.Service)
		}
	}
	return nil
}
