package run

import (
	"context"
	"errors"
	"fmt"
	"time"

	"loadlab/experiments/definition"
	"loadlab/experiments/result"
)

// Metrics of a watched service.
const (
	requestCount   = "http_server_request_duration_seconds"
	cpuSeconds     = "process_cpu_seconds_total"
	residentMemory = "process_resident_memory_bytes"
	activeRequests = "http_server_active_requests"
)

// watched scrapes the service that the step watches, nil if none or if it has no admin surface.
func (run *runner) watched(ctx context.Context, step *definition.Step) (map[string]float64, error) {
	if step.Watch == "" {
		return nil, nil //nolint:nilnil // nothing to watch is no error
	}
	metrics, err := scrape(ctx, run.env.Services[step.Watch])
	switch {
	case errors.Is(err, errNoAdmin):
		return nil, nil //nolint:nilnil // its figures are missing then, and checks over them are invalid
	case err != nil && ctx.Err() == nil:
		return nil, fmt.Errorf("watch %s: %w", step.Watch, err)
	}
	return metrics, nil
}

// addWatched adds what the service used between two scrapes, took apart, with
// the peaks that were seen between them.
func addWatched(point *result.Point, before, after map[string]float64, took time.Duration, seen peaks) {
	used := after[cpuSeconds] - before[cpuSeconds]
	point.ServerCPU = used / took.Seconds()
	point.Served = after[requestCount] - before[requestCount]
	point.ServerCPUEach = used / point.Served
	seen.add(after)
	if seen.memory > 0 { // not every platform reports it
		point.ServerMemory = seen.memory
	}
	point.ServerInFlight = seen.inFlight
}

// peaks are the largest values that scrapes of a watched service had.
type peaks struct{ memory, inFlight float64 }

func (p *peaks) add(metrics map[string]float64) {
	p.memory = max(p.memory, metrics[residentMemory])
	p.inFlight = max(p.inFlight, metrics[activeRequests])
}

const peakInterval = time.Second // between two scrapes

// watchPeaks scrapes the service that the step watches until the returned
// function is called. A service that is too busy to answer is asked again.
func (run *runner) watchPeaks(ctx context.Context, step *definition.Step) (seen func() peaks) {
	if step.Watch == "" {
		return func() peaks { return peaks{} }
	}
	ctx, cancel := context.WithCancel(ctx)
	found := make(chan peaks, 1)
	go func() {
		var seen peaks
		for pause(ctx, peakInterval); ctx.Err() == nil; pause(ctx, peakInterval) {
			if metrics, err := run.watched(ctx, step); err == nil {
				seen.add(metrics)
			}
		}
		found <- seen
	}()
	return func() peaks {
		cancel()
		return <-found
	}
}
