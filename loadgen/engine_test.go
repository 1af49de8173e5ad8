package loadgen_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"slices"
	"testing"
	"time"

	"loadlab/loadgen"
	"loadlab/loadgen/pace"
	"loadlab/loadgen/plan"
	"loadlab/loadgen/report"
	"loadlab/loadgen/target"
)

// serve answers every request after the delay.
func serve(t testing.TB, delay time.Duration) string {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		time.Sleep(delay)
		w.Header().Set("Server-Timing", "cpu;dur=0.001, wait;dur=0.002, queue;dur=0.003, total;dur=0.006")
		_, _ = w.Write([]byte("hello"))
	}))
	t.Cleanup(server.Close)
	return server.URL
}

func targets(t testing.TB, text string) []target.Target {
	t.Helper()
	list, err := target.Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	return list
}

func run(t testing.TB, cfg loadgen.Config, opts ...loadgen.Option) *report.Report {
	t.Helper()
	r, err := loadgen.Run(t.Context(), cfg, opts...)
	if err != nil {
		t.Fatal(err)
	}
	if r.Scheduled != r.Completed+r.DroppedAll()+r.Unfinished {
		t.Errorf("scheduled %d is not completed %d + dropped %d + unfinished %d", r.Scheduled, r.Completed, r.DroppedAll(), r.Unfinished)
	}
	return r
}

func one(phase plan.Phase) loadgen.Config {
	return loadgen.Config{Plan: plan.Plan{Name: "test", Phases: []plan.Phase{phase}}}
}

func TestOpenLoopSendsWhatIsDue(t *testing.T) {
	for _, std := range []bool{false, true} {
		cfg := one(plan.Phase{
			Name: "open", Loop: plan.Open, Arrivals: pace.Even, Rate: 200, Duration: time.Second,
			Targets: targets(t, "GET "+serve(t, 2*time.Millisecond)+"/a"),
		})
		cfg.Std = std
		r := run(t, cfg)
		if r.Scheduled != 200 || r.Completed != 200 || r.Failed() != 0 {
			t.Errorf("std %v: scheduled %d, completed %d, failed %d; want 200, 200, 0", std, r.Scheduled, r.Completed, r.Failed())
		}
		if p50 := r.Service.Quantile(.5); p50 < 2*time.Millisecond || p50 > 20*time.Millisecond {
			t.Errorf("std %v: median service time %v, want a little more than 2ms", std, p50)
		}
		// net/http opens connections out of the generator's sight: that time counts as service.
		if connecting := r.Parts()["connect"]; (connecting == 0) != std {
			t.Errorf("std %v: connecting took %v", std, connecting)
		}
		t.Logf("lag p50 %v p99 %v, service p50 %v, %+v", r.Lag.Quantile(.5), r.Lag.Quantile(.99), r.Service.Quantile(.5), r.Validity)
	}
}

func TestClosedLoopKeepsItsConcurrency(t *testing.T) {
	r := run(t, one(plan.Phase{
		Name: "closed", Loop: plan.Closed, Concurrency: 8, Duration: time.Second,
		Targets: targets(t, "GET "+serve(t, 5*time.Millisecond)+"/a"),
	}))
	if r.MeanInFlight < 7 || r.MeanInFlight > 8.01 {
		t.Errorf("mean in flight %.2f, want about 8", r.MeanInFlight)
	}
	t.Logf("%+v", r.Validity)
}

func TestBatchEndsWithItsLastRequest(t *testing.T) {
	began := time.Now()
	r := run(t, one(plan.Phase{
		Name: "batch", Loop: plan.Batch, Count: 50,
		Targets: targets(t, "GET "+serve(t, 50*time.Millisecond)+"/a"),
	}))
	if r.Completed != 50 || time.Since(began) > 2*time.Second {
		t.Errorf("completed %d in %v, want 50 in little more than 50ms", r.Completed, time.Since(began))
	}
}

func TestTheEndOfTheContextStillReports(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
	defer cancel()
	r, err := loadgen.Run(ctx, one(plan.Phase{
		Name: "open", Loop: plan.Open, Arrivals: pace.Poisson, Rate: 100,
		Targets: targets(t, "GET "+serve(t, 20*time.Millisecond)+"/a"),
	}))
	if err != nil {
		t.Fatal(err)
	}
	if !r.Interrupted || r.Completed == 0 || r.Scheduled != r.Completed {
		t.Errorf("interrupted %v, scheduled %d, completed %d", r.Interrupted, r.Scheduled, r.Completed)
	}
}

// Under a quota of less than a core, Go still runs on one at least.
func TestTheGeneratorsShareIsOfWhatItMayUse(t *testing.T) {
	for cores, valid := range map[float64]bool{0: true, 1e-4: false} {
		cfg := one(plan.Phase{
			Name: "share", Loop: plan.Closed, Concurrency: 1, Duration: 300 * time.Millisecond, Targets: targets(t, "GET "+serve(t, 5*time.Millisecond)+"/"),
		})
		cfg.Cores = cores
		r := run(t, cfg)
		busy := slices.ContainsFunc(r.Validity.Reasons, func(reason report.Reason) bool { return reason.Name == "cpu" })
		if busy == valid || r.GeneratorCPU <= 0 {
			t.Errorf("with %v cores its share is %v, validity %+v", cores, r.GeneratorCPU, r.Validity)
		}
	}
}
