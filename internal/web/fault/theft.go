package fault

import (
	"context"
	"time"

	"loadlab/internal/workmeter"
)

const (
	theftSlice = 10 * time.Millisecond  // CPU time that is due before a thread takes it
	maxDebt    = 250 * time.Millisecond // CPU time that a thread takes at once, if requests kept the core for long
)

// steal has one thread a core take its share of CPU time until ctx ends. Each
// takes a compute slot for it, in line with the requests, so that probes and
// scrapes keep the processor that is left to them.
func (f *Switches) steal(ctx context.Context, fault *active) {
	for range f.host.Cores() {
		go f.takeCPU(ctx, fault)
	}
}

func (f *Switches) takeCPU(ctx context.Context, fault *active) {
	var due time.Duration
	for last := time.Now(); ctx.Err() == nil; {
		now := time.Now()
		if fault.ActsAt(now.Sub(fault.began)) {
			due = min(due+time.Duration(fault.Value*float64(now.Sub(last))), maxDebt)
		}
		last = now
		if due < theftSlice {
			_ = sleep(ctx, theftSlice)
			continue
		}
		taken := burn(ctx, f.host.Gate(), due)
		f.stolen.Add(taken.Seconds())
		due -= taken
	}
}

// burn uses up to d of CPU time in a slot, and returns how much it used.
func burn(ctx context.Context, gate workmeter.Gate, d time.Duration) time.Duration {
	m := workmeter.StartReceived(0)
	defer m.Stop()
	if m.Enter(ctx, gate) != nil {
		return 0
	}
	defer m.Leave()
	began := m.CPU()
	for m.CPU()-began < d && ctx.Err() == nil {
	}
	return m.CPU() - began
}
