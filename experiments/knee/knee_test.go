package knee_test

import (
	"math"
	"math/rand/v2"
	"testing"

	"loadlab/experiments/knee"
)

// observe is what an ideal measurement says.
func observe(sustained bool) knee.Observation {
	if sustained {
		return knee.Sustained
	}
	return knee.Failed
}

// drive answers the search and returns its result and how many observations it took.
func drive(t *testing.T, cfg knee.Config, answer func(load float64, n int) knee.Observation) (knee.Result, int) {
	t.Helper()
	search, err := knee.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	for n := range search.Bound() {
		load, more := search.Next()
		if !more {
			if search.Left() != 0 {
				t.Errorf("the search is over, yet %d observations are left", search.Left())
			}
			return search.Result(), n
		}
		if load < cfg.Min || load > cfg.Max {
			t.Fatalf("candidate %g leaves %g..%g", load, cfg.Min, cfg.Max)
		}
		if search.Left() < 1 {
			t.Fatal("the search goes on, yet no observation is left")
		}
		search.Observe(answer(load, n))
	}
	if _, more := search.Next(); more {
		t.Fatalf("the search takes more than %d observations", search.Bound())
	}
	return search.Result(), search.Bound()
}

func TestFindsTheLimit(t *testing.T) {
	for _, row := range []struct {
		name                  string
		start, min, max, knee float64
		low, high             float64 // bounds of the answer
		end                   knee.End
		most                  int // observations
	}{
		{"above the start", 100, 1, 100_000, 3456, 3456 / 1.01, 3456, knee.Found, 28},
		{"below the start", 1000, 1, 100_000, 12.5, 12.5 / 1.01, 12.5, knee.Found, 30},
		{"at the start", 100, 1, 1000, 100, 100, 100, knee.Found, 18},
		{"beyond the maximum", 100, 1, 1000, 5000, 1000, 1000, knee.AboveMax, 10},
		{"below the minimum", 100, 10, 1000, 5, 0, 0, knee.BelowMin, 10},
		{"the only load", 10, 10, 10, 10, 10, 10, knee.AboveMax, 2},
		{"not even the only load", 10, 10, 10, 9, 0, 0, knee.BelowMin, 2},
	} {
		t.Run(row.name, func(t *testing.T) {
			got, n := drive(t, knee.Config{Start: row.start, Min: row.min, Max: row.max},
				func(load float64, _ int) knee.Observation { return observe(load <= row.knee) })
			if got.End != row.end || got.Sustained < row.low || got.Sustained > row.high {
				t.Errorf("got %+v, want end %d between %g and %g", got, row.end, row.low, row.high)
			}
			if n > row.most {
				t.Errorf("took %d observations, want at most %d", n, row.most)
			}
		})
	}
}

func TestOneBadObservationDoesNotDecide(t *testing.T) {
	for _, bad := range []knee.Observation{knee.Sustained, knee.Failed, knee.Disturbed} {
		for at := range 20 {
			got, _ := drive(t, knee.Config{Start: 100, Min: 1, Max: 10_000}, func(load float64, n int) knee.Observation {
				if n == at {
					return bad
				}
				return observe(load <= 700)
			})
			if got.Sustained > 700 || got.Sustained < 700/1.01 || got.End != knee.Found {
				t.Errorf("with observation %d being %d: %+v", at, bad, got)
			}
		}
	}
}

// TestTheGeneratorsLimitIsNoAnswer has a generator that cannot offer every load.
func TestTheGeneratorsLimitIsNoAnswer(t *testing.T) {
	for _, row := range []struct {
		name               string
		generator, service float64
		end                knee.End
		low, high          float64
	}{
		{"the generator ends first", 900, 5000, knee.Unobservable, 900 / 1.01, 900},
		{"the service ends first", 5000, 900, knee.Found, 900 / 1.01, 900},
		{"the generator cannot even offer the least", 5, 5000, knee.Unobservable, 0, 0},
	} {
		t.Run(row.name, func(t *testing.T) {
			got, _ := drive(t, knee.Config{Start: 10, Min: 10, Max: 10_000}, func(load float64, _ int) knee.Observation {
				if load > row.generator {
					return knee.Disturbed
				}
				return observe(load <= row.service)
			})
			if got.End != row.end || got.Sustained < row.low || got.Sustained > row.high {
				t.Errorf("got %+v, want end %d between %g and %g", got, row.end, row.low, row.high)
			}
		})
	}
}

// TestNoisyThreshold has a server whose limit moves from one measurement to the next.
func TestNoisyThreshold(t *testing.T) {
	const seeds, spread = 500, 0.02 // of the logarithm of the limit
	outside := 0
	for seed := range uint64(seeds) {
		random := rand.New(rand.NewPCG(seed, 11))
		limit := 20 * math.Pow(10, 2*random.Float64())
		got, _ := drive(t, knee.Config{Start: 10, Min: 10, Max: 10_000}, func(load float64, _ int) knee.Observation {
			if random.Float64() < 0.05 {
				return knee.Disturbed
			}
			return observe(math.Log(load/limit) < spread*random.NormFloat64())
		})
		if math.Abs(math.Log(got.Sustained/limit)) > 3*spread {
			outside++
		}
	}
	if outside > seeds/100 {
		t.Errorf("%d of %d answers are more than three standard deviations off", outside, seeds)
	}
}

// TestAnswerIsConsistent holds whatever a server answers: what the search calls
// sustained was sustained twice, and lies below what it calls failed.
func TestAnswerIsConsistent(t *testing.T) {
	for seed := range uint64(500) {
		random := rand.New(rand.NewPCG(seed, 12))
		sustained := map[float64]int{}
		got, _ := drive(t, knee.Config{Start: 100, Min: 1, Max: 10_000}, func(load float64, _ int) knee.Observation {
			o := knee.Observation(random.IntN(3))
			if o == knee.Sustained {
				sustained[load]++
			}
			return o
		})
		if got.Sustained >= got.Failed || got.Sustained > 0 && sustained[got.Sustained] < 2 || got.End == knee.Searching {
			t.Errorf("seed %d: %+v", seed, got)
		}
	}
}

func TestBoundsThatCannotBeSearched(t *testing.T) {
	for name, cfg := range map[string]knee.Config{
		"no bounds":          {},
		"start too low":      {Start: 1, Min: 2, Max: 3},
		"start too high":     {Start: 4, Min: 2, Max: 3},
		"NaN":                {Start: math.NaN(), Min: 1, Max: 2},
		"endless":            {Start: 1, Min: 1, Max: math.Inf(1)},
		"precision too wide": {Start: 1, Min: 1, Max: 2, Precision: 1},
	} {
		t.Run(name, func(t *testing.T) {
			if _, err := knee.New(cfg); err == nil {
				t.Error("no error")
			}
		})
	}
}

func FuzzSearchEnds(f *testing.F) {
	f.Add(100.0, 1.0, 1000.0, 0.01, uint64(0b1011))
	f.Fuzz(func(t *testing.T, start, low, high, precision float64, answers uint64) {
		search, err := knee.New(knee.Config{Start: start, Min: low, Max: high, Precision: max(precision, 1e-6)})
		if err != nil {
			return
		}
		for n := range search.Bound() {
			if _, more := search.Next(); !more {
				return
			}
			search.Observe(knee.Observation((answers >> (2 * (n % 32)) & 3) % 3))
		}
		if _, more := search.Next(); more {
			t.Errorf("the search takes more than %d observations", search.Bound())
		}
	})
}
