package plan_test

import (
	"math"
	"testing"
	"time"

	"loadlab/loadgen/pace"
	"loadlab/loadgen/plan"
)

// computation is the CPU time of one request of climb to /cpu/spin.
const computation = 0.010 // seconds

// The defaults of the gateway's CPU_CONCURRENCY, of COMPUTE_QUEUE_BURST and of COMPUTE_QUEUE_TARGET.
const (
	gatewayLimit = 512
	queueBurst   = 480
	queueTarget  = 1500 * time.Millisecond
)

// course is how a queue before one core goes during climb and after it.
type course struct {
	peak      float64       // computations that wait or run, at most
	full      time.Duration // with the core above 0.9 of what it can do
	gone      time.Duration // after the start of climb, when none is left to wait
	shed      float64       // computations refused
	askedMost float64       // computations per second
}

// simulate integrates the profile of climb as a fluid. The core loses a share of
// its time to everything else that a request needs.
func simulate(t *testing.T, rate, lost float64) course {
	t.Helper()
	climb := phase(t, plan.TourConfig{Base: "http://127.0.0.1:8080", Rate: rate, Arrivals: pace.Even, Phase: 30 * time.Second}, "climb")
	if len(climb.Targets) != 2 || climb.Targets[0].Weight != climb.Targets[1].Weight {
		t.Fatalf("climb has the targets %+v, want two of the same weight", climb.Targets)
	}
	profile, capacity := climb.Profile(), (1-lost)/computation
	const step = time.Millisecond
	var c course
	backlog := 0.0
	latest, young := make([]float64, queueTarget/step), 0.0 // arrivals of the latest queueTarget, and their sum
	overloaded := false
	for at := time.Duration(0); at < climb.Length() || backlog > 0; at += step {
		asked := 0.0
		if at < climb.Length() {
			asked = profile.RateAt(at) / 2
		}
		c.askedMost = math.Max(c.askedMost, asked)
		arrived, able := asked*step.Seconds(), capacity*step.Seconds()
		if backlog+arrived > 0.9*able {
			c.full += step
		}
		left := backlog + arrived - able
		if left > gatewayLimit {
			c.shed += left - gatewayLimit
			arrived -= left - gatewayLimit
			left = gatewayLimit
		}
		i := int(at/step) % len(latest)
		young += arrived - latest[i]
		latest[i] = arrived
		overloaded = overloaded || left > queueBurst
		if overloaded && left > young {
			c.shed += left - young
			left = young
		}
		if backlog = math.Max(0, left); backlog > 0 {
			c.gone = at + step
		}
		c.peak = math.Max(c.peak, backlog)
	}
	return c
}

// phase is the named phase of the tour that comes with every lap.
func phase(t *testing.T, cfg plan.TourConfig, name string) plan.Phase {
	t.Helper()
	tour, err := plan.Tour(cfg)
	if err != nil {
		t.Fatal(err)
	}
	if err := tour.Check(); err != nil {
		t.Fatal(err)
	}
	for _, p := range tour.Phases {
		if p.Name == name && !p.Once {
			return p
		}
	}
	t.Fatalf("the tour has no phase %s", name)
	return plan.Phase{}
}

// At its own rate the queue of climb grows to 3.7 s of one core's work without being
// an overload, and the way down takes it away.
func TestClimbFillsACoreAndLetsItRecover(t *testing.T) {
	c := simulate(t, plan.TourRate, 0)
	t.Logf("%+v", c)
	if c.askedMost != 130 {
		t.Errorf("at most %v computations a second are asked for, want 1.3 of what a core does", c.askedMost)
	}
	if work := c.peak * computation; work < 3.6 || work > 3.8 {
		t.Errorf("at most %.2f s of work wait, want about 3.7 s", work)
	}
	if c.full < 29*time.Second || c.full > 31*time.Second {
		t.Errorf("the core is full for %v, want about half a minute", c.full)
	}
	// A core that spends a twentieth of its time on something else recovers in time too, and nothing is refused.
	for _, lost := range []float64{0, 0.05} {
		if c := simulate(t, plan.TourRate, lost); c.shed > 0 || c.peak > queueBurst || c.gone > 45*time.Second {
			t.Errorf("with %.0f %% of the core lost %.0f computations are refused, and the queue is gone after %v; want none, within the 45 s of climb", 100*lost, c.shed, c.gone)
		}
	}
}

// At three times the rate it is one, and the queue is no longer than its target when climb ends.
func TestClimbAtThreeTimesTheRateRecoversWithinTwoSeconds(t *testing.T) {
	for _, lost := range []float64{0, 0.1} {
		c := simulate(t, 3*plan.TourRate, lost)
		t.Logf("%+v", c)
		if c.shed == 0 || c.gone > 47*time.Second {
			t.Errorf("with %.0f %% of the core lost %.0f computations are refused, and the queue is gone after %v; want some, within 2 s of the end of climb", 100*lost, c.shed, c.gone)
		}
	}
}

func TestClimbHasALengthOfItsOwn(t *testing.T) {
	for _, length := range []time.Duration{5 * time.Second, 5 * time.Minute} {
		cfg := plan.TourConfig{Base: "http://127.0.0.1:8080", Rate: 10, Arrivals: pace.Poisson, Phase: length, Warmup: length / 2}
		climb := phase(t, cfg, "climb")
		if climb.Length() != 45*time.Second || climb.Rate != 10 || climb.Stages[0].Rate != 65 || climb.Arrivals != pace.Poisson {
			t.Errorf("with phases of %v climb is %+v", length, climb)
		}
		if want := min(length/2, 18*time.Second); climb.Warmup != want {
			t.Errorf("with a warm-up of %v that of climb is %v, want %v", cfg.Warmup, climb.Warmup, want)
		}
		if cpu := phase(t, cfg, "cpu"); cpu.Length() != length || cpu.Warmup != length/2 {
			t.Errorf("with phases of %v cpu is %v long, its warm-up %v", length, cpu.Length(), cpu.Warmup)
		}
	}
}
