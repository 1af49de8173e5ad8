package fault

import (
	"context"
	"time"

	"loadlab/internal/workmeter"
)

const (
	theftSlice = 10 * time.Millisecond  // CPU time that a thread takes at once, on an idle core
	maxTheft   = 100 * time.Millisecond // the same if requests kept the core for long
)

// steal has one thread a core take its share of CPU time until ctx ends. Each
// takes a compute slot for it, in line with the requests, so that probes and
// scrapes keep the processor that is left to them.
func (f *Switches) steal(ctx context.Context, fault *active) {
	if fault.Value == 0 {
		return
	}
	for range f.host.Cores() {
		go f.takeCPU(ctx, fault)
	}
}

// takeCPU alternates between the CPU time that is due and a rest. What is due
// follows from the length of the rest alone: on a busy machine both take longer
// than they should, and the thread must not catch up.
func (f *Switches) takeCPU(ctx context.Context, fault *active) {
	perRest := fault.Value / (1 - fault.Value) // +Inf for all of the core
	rest := time.Duration(float64(theftSlice) / perRest)
	for ended := time.Now(); ctx.Err() == nil; ended = time.Now() {
		_ = sleep(ctx, rest)
		for !fault.ActsAt(time.Since(fault.began)) && sleep(ctx, theftSlice) == nil {
			ended = time.Now()
		}
		f.stolen.Add(burn(ctx, f.host.Gate(), func() time.Duration {
			due := perRest * float64(time.Since(ended))
			return time.Duration(min(max(due, float64(theftSlice)), float64(maxTheft)))
		}).Seconds())
	}
}

// burn uses up the CPU time that is due when it has got a slot, and returns how
// much it used.
func burn(ctx context.Context, gate workmeter.Gate, due func() time.Duration) time.Duration {
	m := workmeter.StartReceived(0)
	defer m.Stop()
	if m.Enter(ctx, gate) != nil {
		return 0
	}
	defer m.Leave()
	began, d := m.CPU(), due()
	for m.CPU()-began < d && ctx.Err() == nil {
	}
	return m.CPU() - began
}
