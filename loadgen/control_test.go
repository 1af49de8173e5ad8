package loadgen_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus/testutil"

	"loadlab/loadgen"
	"loadlab/loadgen/pace"
	"loadlab/loadgen/plan"
	"loadlab/loadgen/report"
)

// started runs cfg until the test ends or stop is called, which returns the report.
func started(t *testing.T, cfg loadgen.Config) (e *loadgen.Engine, stop func() *report.Report) {
	t.Helper()
	e, err := loadgen.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan *report.Report, 1)
	go func() { done <- e.Run(context.Background()) }()
	for deadline := time.Now().Add(5 * time.Second); e.State().Phase == ""; time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("the run does not begin")
		}
	}
	return e, func() *report.Report {
		e.Stop()
		return <-done
	}
}

func ptr[T any](v T) *T { return &v }

func TestARateCanBeChanged(t *testing.T) {
	t.Parallel()
	cfg := one(plan.Phase{Name: "open", Loop: plan.Open, Rate: 10, Arrivals: pace.Even, Targets: targets(t, "GET "+serve(t, 0)+"/")})
	cfg.Interval = 100 * time.Millisecond
	e, stop := started(t, cfg)
	if err := e.Apply(loadgen.Patch{Rate: ptr(200.0), Arrivals: ptr(pace.Poisson)}); err != nil {
		t.Fatal(err)
	}
	if s := e.State(); s.Rate != 200 || s.Arrivals != pace.Poisson {
		t.Errorf("state %+v, want 200 a second, poisson", s)
	}
	time.Sleep(time.Second)
	// 200 of a Poisson process, with a deviation of 14; 10 if nothing had changed.
	if r := stop(); r.Scheduled < 100 || r.Scheduled > 500 || r.Scheduled != r.Completed+r.DroppedAll() {
		t.Errorf("scheduled %d, want about 200", r.Scheduled)
	}
}

func TestAConcurrencyCanBeChanged(t *testing.T) {
	t.Parallel()
	e, stop := started(t, one(plan.Phase{Name: "closed", Loop: plan.Closed, Concurrency: 2, Targets: targets(t, "GET "+serve(t, 10*time.Millisecond)+"/")}))
	for _, n := range []int{20, 3} {
		if err := e.Apply(loadgen.Patch{Concurrency: &n}); err != nil {
			t.Fatal(err)
		}
		snapshots, cancel := e.Watch()
		<-snapshots // begins before the change
		if s := <-snapshots; s.MeanInFlight < float64(n)*.8 || s.MeanInFlight > float64(n)*1.01 {
			t.Errorf("mean in flight %.2f, want about %d", s.MeanInFlight, n)
		}
		cancel()
	}
	if r := stop(); r.Scheduled != r.Completed {
		t.Errorf("scheduled %d, completed %d", r.Scheduled, r.Completed)
	}
}

func TestAPauseSendsNothing(t *testing.T) {
	t.Parallel()
	for _, phase := range []plan.Phase{
		{Name: "open", Loop: plan.Open, Rate: 100, Arrivals: pace.Even, Duration: time.Second},
		{Name: "closed", Loop: plan.Closed, Concurrency: 2, Duration: time.Second},
	} {
		phase.Targets = targets(t, "GET "+serve(t, 5*time.Millisecond)+"/")
		cfg := one(phase)
		cfg.Interval = 100 * time.Millisecond
		e, stop := started(t, cfg)
		if err := e.Pause(); err != nil {
			t.Fatal(err)
		}
		snapshots, cancel := e.Watch()
		<-snapshots
		for range 3 {
			if s := <-snapshots; s.Scheduled != 0 || !s.State.Paused {
				t.Errorf("%s: scheduled %d during the pause, state %+v", phase.Name, s.Scheduled, s.State)
			}
		}
		cancel()
		if err := e.Resume(); err != nil {
			t.Fatal(err)
		}
		for !e.State().Ended {
			time.Sleep(5 * time.Millisecond)
		}
		r := stop()
		if phase.Loop == plan.Open && r.Scheduled != 100 {
			t.Errorf("scheduled %d, want the 100 of the plan", r.Scheduled)
		}
		if off := r.Elapsed - time.Second; off.Abs() > 300*time.Millisecond {
			t.Errorf("%s: elapsed %v, want 1s without the pause", phase.Name, r.Elapsed)
		}
	}
}

// TestNothingIsLostByAChange changes the schedule far more often than pacers look at it.
func TestNothingIsLostByAChange(t *testing.T) {
	t.Parallel()
	const rate = 10000
	e, stop := started(t, one(plan.Phase{Name: "open", Loop: plan.Open, Rate: rate, Arrivals: pace.Even, Duration: time.Second, Targets: targets(t, "GET "+serve(t, 0)+"/")}))
	for range 100 {
		if err := errors.Join(e.Pause(), e.Resume(), e.Apply(loadgen.Patch{Arrivals: ptr(pace.Even)})); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Millisecond)
	}
	for !e.State().Ended {
		time.Sleep(5 * time.Millisecond)
	}
	if r := stop(); r.Scheduled != rate {
		t.Errorf("scheduled %d, want the %d of the plan", r.Scheduled, rate)
	}
}

func TestAPatchThatIsWrongChangesNothing(t *testing.T) {
	t.Parallel()
	e, stop := started(t, one(plan.Phase{Name: "open", Loop: plan.Open, Rate: 10, Arrivals: pace.Even, Targets: targets(t, "GET "+serve(t, 0)+"/a; GET "+serve(t, 0)+"/b")}))
	defer stop()
	before := e.State()
	err := e.Apply(loadgen.Patch{Rate: ptr(-1.0), Concurrency: ptr(5), Arrivals: ptr(pace.Process("x")), Mix: map[string]int{"GET /a": 3, "GET /z": 1}})
	for _, want := range []string{"rate", "concurrency", "arrivals", `"GET /z"`} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v does not say %s", err, want)
		}
	}
	if err := e.Apply(loadgen.Patch{Mix: map[string]int{"GET /a": 0, "GET /b": 0}}); err == nil {
		t.Error("a mix of nothing is taken")
	}
	after := e.State()
	if after.Rate != before.Rate || after.Mix["GET /a"] != 1 {
		t.Errorf("state %+v, before %+v", after, before)
	}
	if err := e.Apply(loadgen.Patch{Mix: map[string]int{"GET /a": 0}}); err != nil || e.State().Mix["GET /a"] != 0 {
		t.Errorf("mix %v, %v", e.State().Mix, err)
	}
}

func TestPhasesFollowEachOther(t *testing.T) {
	t.Parallel()
	url := serve(t, time.Millisecond)
	r := run(t, loadgen.Config{Plan: plan.Plan{Name: "two", Phases: []plan.Phase{
		{Name: "a", Loop: plan.Open, Rate: 100, Arrivals: pace.Even, Duration: 300 * time.Millisecond, Warmup: 100 * time.Millisecond, Targets: targets(t, "GET "+url+"/a")},
		{Name: "b", Loop: plan.Closed, Concurrency: 3, Duration: 300 * time.Millisecond, Targets: targets(t, "GET "+url+"/b")},
	}}})
	if len(r.Targets) != 2 || r.Targets[0].Completed != 20 || r.Warmup != 10 || r.Targets[1].Completed == 0 {
		t.Errorf("targets %d, first completed %d, warm-up %d", len(r.Targets), r.Targets[0].Completed, r.Warmup)
	}
	if off := r.Elapsed - 500*time.Millisecond; off.Abs() > 100*time.Millisecond {
		t.Errorf("elapsed %v, want 200 + 300 ms", r.Elapsed)
	}
}

func TestAPhaseOfTheFirstLapDoesNotComeAgain(t *testing.T) {
	t.Parallel()
	url := serve(t, 0)
	phase := func(name string, once bool) plan.Phase {
		return plan.Phase{Name: name, Loop: plan.Batch, Count: 1, Once: once, Targets: targets(t, "GET "+url+"/"+name)}
	}
	e, err := loadgen.New(loadgen.Config{Plan: plan.Plan{Name: "laps", Repeat: true, Phases: []plan.Phase{phase("first", true), phase("again", false)}}})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 500*time.Millisecond)
	defer cancel()
	r := e.Run(ctx)
	if len(r.Targets) != 2 || r.Targets[0].Scheduled != 1 || r.Targets[1].Scheduled < 2 {
		t.Errorf("the first phase came %d times, the second %d times", r.Targets[0].Scheduled, r.Targets[1].Scheduled)
	}
}

func TestStrangersAreNotLoaded(t *testing.T) {
	cfg := one(plan.Phase{Name: "x", Loop: plan.Open, Rate: 1, Arrivals: pace.Even, Targets: targets(t, "GET http://example.com/; GET http://127.0.0.1:1/; GET http://[::1]/; GET http://localhost/")})
	if _, err := loadgen.New(cfg); err == nil || !strings.Contains(err.Error(), `"example.com" is neither loopback`) {
		t.Errorf("error %v, want one that names example.com", err)
	}
	cfg.AllowedHosts = []string{"example.com"}
	if _, err := loadgen.New(cfg); err != nil {
		t.Errorf("an allowed host is refused: %v", err)
	}
}

// What happens to a run from outside is counted when it takes effect.
func TestChangesAreCounted(t *testing.T) {
	t.Parallel()
	e, stop := started(t, one(plan.Phase{Name: "open", Loop: plan.Open, Rate: 10, Arrivals: pace.Even, Targets: targets(t, "GET "+serve(t, 0)+"/")}))
	for _, err := range []error{e.Apply(loadgen.Patch{Rate: ptr(20.0)}), e.Pause(), e.Pause(), e.Resume(), e.Resume()} {
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := e.Apply(loadgen.Patch{Rate: ptr(-1.0)}); err == nil {
		t.Error("a negative rate is accepted")
	}
	e.Stop()
	stop()
	want := `# HELP loadgen_changes_total Changes made to the run from outside, by the control API.
# TYPE loadgen_changes_total counter
loadgen_changes_total{action="patch"} 1
loadgen_changes_total{action="pause"} 1
loadgen_changes_total{action="resume"} 1
loadgen_changes_total{action="stop"} 1
`
	if err := testutil.CollectAndCompare(e.Metrics(), strings.NewReader(want), "loadgen_changes_total"); err != nil {
		t.Error(err)
	}
}
