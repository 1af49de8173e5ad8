package loadgen_test

import (
	"context"
	"testing"
	"time"

	"loadlab/loadgen"
	"loadlab/loadgen/pace"
	"loadlab/loadgen/plan"
)

// Only a batch waits for as long as its requests need.
func TestABatchHasNoTimeLimit(t *testing.T) {
	if testing.Short() {
		t.Skip("takes as long as the usual time limit, 10 s")
	}
	const slow = 11 * time.Second
	for _, row := range []struct {
		name    string
		phase   plan.Phase
		std     bool
		outcome string
	}{
		{"batch", plan.Phase{Loop: plan.Batch, Count: 2}, false, "ok"},
		{"batch by net/http", plan.Phase{Loop: plan.Batch, Count: 2}, true, "ok"},
		{"open", plan.Phase{Loop: plan.Open, Arrivals: pace.Even, Rate: 20, Duration: 100 * time.Millisecond}, false, "timeout"},
		{"closed", plan.Phase{Loop: plan.Closed, Concurrency: 2, Duration: 100 * time.Millisecond}, false, "timeout"},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			row.phase.Name = row.name
			row.phase.Targets = targets(t, "GET "+serve(t, slow)+"/")
			cfg := one(row.phase)
			cfg.Std = row.std
			cfg.Drain = 2 * slow
			r := run(t, cfg)
			if got := r.Targets[0].Outcomes[row.outcome]; got != 2 {
				t.Errorf("outcomes %v, want %s 2", r.Targets[0].Outcomes, row.outcome)
			}
		})
	}
}

func TestATimeLimitThatIsGivenHoldsForABatchToo(t *testing.T) {
	t.Parallel()
	url := serve(t, 2*time.Second)
	phase := plan.Phase{Name: "batch", Loop: plan.Batch, Count: 3, Targets: targets(t, "GET "+url+"/")}
	cfg := one(phase)
	cfg.Timeout = 200 * time.Millisecond
	if r := run(t, cfg); r.Targets[0].Outcomes["timeout"] != 3 {
		t.Errorf("outcomes %v, want timeout 3", r.Targets[0].Outcomes)
	}
}

// Without a limit the end of the context, or an abort, still ends a batch.
func TestABatchWithoutATimeLimitCanBeInterrupted(t *testing.T) {
	t.Parallel()
	url := serve(t, 5*time.Second)
	began := time.Now()
	ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
	defer cancel()
	cfg := one(plan.Phase{Name: "batch", Loop: plan.Batch, Count: 3, Targets: targets(t, "GET "+url+"/")})
	cfg.Drain = 200 * time.Millisecond
	r, err := loadgen.Run(ctx, cfg)
	if err != nil {
		t.Fatal(err)
	}
	if took := time.Since(began); r.Unfinished != 3 || !r.Interrupted || took > 4*time.Second {
		t.Errorf("%d requests unfinished, interrupted %t, after %v; want 3 of 3 at once", r.Unfinished, r.Interrupted, took)
	}
}
