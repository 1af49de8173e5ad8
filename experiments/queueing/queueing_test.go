package queueing_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"loadlab/experiments/queueing"
)

// Values of the Erlang formulas as printed in tables, to four digits.
func TestErlangTables(t *testing.T) {
	for _, row := range []struct {
		servers int
		load    float64
		b, c    float64
	}{
		{1, 0.5, 0.3333, 0.5000},
		{2, 1, 0.2000, 0.3333},
		{3, 2, 0.2105, 0.4444},
		{5, 4, 0.1991, 0.5541},
		{10, 8, 0.1217, 0.4092},
		{20, 18, 0.1092, 0.5508},
		{2, 1.9, 0.3836, 0.9256}, // a²/2 / (1+a+a²/2), and that over 1-ρ(1-B)
	} {
		t.Run(fmt.Sprintf("%d servers, %g Erlang", row.servers, row.load), func(t *testing.T) {
			if got := queueing.ErlangB(row.servers, row.load); math.Abs(got-row.b) > 5e-5 {
				t.Errorf("B = %.5f, want %.4f", got, row.b)
			}
			if got := queueing.ErlangC(row.servers, row.load); math.Abs(got-row.c) > 5e-5 {
				t.Errorf("C = %.5f, want %.4f", got, row.c)
			}
		})
	}
}

func TestMeanWaits(t *testing.T) {
	for _, row := range []struct {
		name string
		got  float64
		want float64
	}{
		{"M/M/1 at 0.5: ρ/(1-ρ)·s = 1·10 ms", system(1, 50).MeanWaitMMc(), 0.010},
		{"M/M/1 at 0.9: 9·10 ms", system(1, 90).MeanWaitMMc(), 0.090},
		{"M/M/2 at 0.5: (1/3)/(200-100)", system(2, 100).MeanWaitMMc(), 1.0 / 300},
		{"M/D/1 is half of M/M/1", system(1, 90).MeanWaitMDc(), 0.045},
		{"M/G/1 with exponential service is M/M/1", system(1, 90).MeanWaitMG1(1), 0.090},
		{"M/G/1 with equal service is M/D/1", system(1, 90).MeanWaitMG1(0), 0.045},
		{"M/M/1 median wait at 0.9: ln(0.9/0.5)/10", system(1, 90).WaitQuantileMMc(0.5), math.Log(1.8) / 10},
		{"nobody waits for long at 0.1: p50", system(1, 10).WaitQuantileMMc(0.5), 0},
		{"M/D/1 median wait at 0.9: half of that", system(1, 90).WaitQuantileMDc(0.5), math.Log(1.8) / 20},
		{"M/G/1 p99 with exponential service is M/M/1's", system(1, 90).WaitQuantileMG1(0.99, 1), system(1, 90).WaitQuantileMMc(0.99)},
		{"M/G/1 p99 with equal service is M/D/1's", system(1, 90).WaitQuantileMG1(0.99, 0), system(1, 90).WaitQuantileMDc(0.99)},
		{"nobody waits for long at 0.1 with equal service: p50", system(1, 10).WaitQuantileMDc(0.5), 0},
		{"no percentile of what is not stable", system(2, 200).WaitQuantileMDc(0.99), math.Inf(1)},
		{"no arrivals", system(4, 0).MeanWaitMDc(), 0},
		{"not stable", system(2, 200).MeanWaitMDc(), math.Inf(1)},
	} {
		t.Run(row.name, func(t *testing.T) {
			if row.got != row.want && math.Abs(row.got-row.want) > 1e-12 {
				t.Errorf("got %v, want %v", row.got, row.want)
			}
		})
	}
}

// TestMDcAgainstSimulation checks the approximation against 400,000 simulated requests.
func TestMDcAgainstSimulation(t *testing.T) {
	for _, servers := range []int{1, 2, 4} {
		for _, rho := range []float64{0.5, 0.8, 0.9} {
			s := queueing.System{Servers: servers, Arrival: rho * float64(servers) / 0.010, Service: 0.010}
			simulated := simulate(s, 400_000)
			if got := s.MeanWaitMDc(); math.Abs(got/simulated-1) > 0.08 {
				t.Errorf("M/D/%d at %g: formula %.5f s, simulation %.5f s", servers, rho, got, simulated)
			}
		}
	}
}

// simulate is the mean wait of n Poisson arrivals with equal service times.
func simulate(s queueing.System, n int) float64 {
	var waited float64
	for _, wait := range waits(s, n, func(*rand.Rand) float64 { return s.Service }) {
		waited += wait
	}
	return waited / float64(n)
}

// waits are those of n simulated Poisson arrivals.
func waits(s queueing.System, n int, service func(*rand.Rand) float64) []float64 {
	random := rand.New(rand.NewPCG(1, 2)) // seeded: a run can be repeated
	free := make([]float64, s.Servers)    // when each server is free again
	all := make([]float64, n)
	var now float64
	for i := range all {
		now += random.ExpFloat64() / s.Arrival
		next := 0
		for j := range free {
			if free[j] < free[next] {
				next = j
			}
		}
		start := max(now, free[next])
		all[i] = start - now
		free[next] = start + service(random)
	}
	return all
}

// TestPercentilesAgainstSimulation checks the approximations where they are said to be good.
func TestPercentilesAgainstSimulation(t *testing.T) {
	equal := func(*rand.Rand) float64 { return 0.010 }
	// The sum of two exponential times has half the squared coefficient of variation of one.
	erlang2 := func(r *rand.Rand) float64 { return (r.ExpFloat64() + r.ExpFloat64()) * 0.005 }
	exponential := func(r *rand.Rand) float64 { return r.ExpFloat64() * 0.010 }
	for _, row := range []struct {
		name     string
		servers  int
		rho      float64
		service  func(*rand.Rand) float64
		quantile func(s queueing.System, q float64) float64
		within   float64
	}{
		{"M/M/1 at 0.8", 1, .8, exponential, queueing.System.WaitQuantileMMc, .05},
		{"M/M/4 at 0.9", 4, .9, exponential, queueing.System.WaitQuantileMMc, .1},
		{"M/D/1 at 0.8", 1, .8, equal, queueing.System.WaitQuantileMDc, .1},
		{"M/D/1 at 0.9", 1, .9, equal, queueing.System.WaitQuantileMDc, .1},
		{"M/D/2 at 0.9", 2, .9, equal, queueing.System.WaitQuantileMDc, .1},
		{"M/G/1 at 0.8, half the variance", 1, .8, erlang2, func(s queueing.System, q float64) float64 { return s.WaitQuantileMG1(q, .5) }, .15},
	} {
		t.Run(row.name, func(t *testing.T) {
			s := queueing.System{Servers: row.servers, Arrival: row.rho * float64(row.servers) / 0.010, Service: 0.010}
			simulated := waits(s, 400_000, row.service)
			slices.Sort(simulated)
			want := simulated[len(simulated)*99/100]
			if got := row.quantile(s, .99); math.Abs(got/want-1) > row.within {
				t.Errorf("p99 is %.5f s by the formula, %.5f s by simulation", got, want)
			}
		})
	}
}

func FuzzNothingPanics(f *testing.F) {
	f.Add(2, 1.0, 0.5, 0.9)
	f.Add(0, math.NaN(), math.Inf(1), -1.0)
	f.Fuzz(func(t *testing.T, servers int, arrival, service, q float64) {
		s := queueing.System{Servers: servers % 1000, Arrival: arrival, Service: service}
		for name, value := range map[string]float64{
			"M/M/c": s.MeanWaitMMc(), "M/D/c": s.MeanWaitMDc(), "M/G/1": s.MeanWaitMG1(q), "quantile": s.WaitQuantileMMc(q),
			"M/D/c quantile": s.WaitQuantileMDc(q), "M/G/1 quantile": s.WaitQuantileMG1(q, service),
		} {
			if value < 0 {
				t.Errorf("%s of %+v is %v", name, s, value)
			}
		}
		if c := queueing.ErlangC(s.Servers, arrival); c < 0 || c > 1 {
			t.Errorf("a probability of %v", c)
		}
	})
}

// system serves each request in 10 ms on the mean.
func system(servers int, arrival float64) queueing.System {
	return queueing.System{Servers: servers, Arrival: arrival, Service: 0.010}
}
