package fault

import (
	"context"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"go.uber.org/zap"

	"loadlab/internal/testkit"
	"loadlab/internal/web/faultkind"
	"loadlab/internal/workmeter"
)

// door is a gate that lets one in for each token.
type door struct {
	tokens         chan struct{}
	waiting, leave atomic.Int64
}

func (d *door) TryEnter() bool { return false }

func (d *door) Enter(ctx context.Context) error {
	d.waiting.Add(1)
	defer d.waiting.Add(-1)
	select {
	case <-d.tokens:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

func (d *door) Return(ctx context.Context) error { return d.Enter(ctx) }

func (d *door) Leave() { d.leave.Add(1) }

// The threads of the fault cpu use CPU time only in a slot, which they give back
// each time, and they end with the fault.
func TestThreadsTakeSlots(t *testing.T) {
	const cores = 2
	synctest.Test(t, func(t *testing.T) {
		registry, d := prometheus.NewRegistry(), &door{tokens: make(chan struct{})}
		f := New(registry, zap.NewNop(), Host{Gate: func() workmeter.Gate { return d }, Cores: func() int { return cores }})
		check := func(when string, waiting, left int64, took bool) {
			t.Helper()
			synctest.Wait()
			stolen := testkit.Gather(t, registry).Sum("lab_fault_cpu_seconds_total", nil)
			if d.waiting.Load() != waiting || d.leave.Load() != left || stolen > 0 != took {
				t.Fatalf("%s: %d threads wait for a slot, want %d; %d slots given back, want %d; %v s of CPU time taken",
					when, d.waiting.Load(), waiting, d.leave.Load(), left, stolen)
			}
		}
		f.switchOn(faultkind.Spec{Kind: faultkind.CPU, Value: 0.5}, time.Hour)
		defer f.switchOff("", "")
		time.Sleep(2 * theftSlice)
		check("no slot is free", cores, 0, false)
		for n := range int64(3) {
			d.tokens <- struct{}{}
			time.Sleep(2 * theftSlice) // longer than the rest of the thread that was let in
			check("a slot was free", cores, n+1, true)
		}
		f.switchOff("", "")
		check("the fault has ended", 0, 3, true)
	})
}
