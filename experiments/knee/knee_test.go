package knee_test

import (
	"math"
	"testing"

	"loadlab/experiments/knee"
)

// drive answers the search by limit and returns its result and how many
// observations it took.
func drive(t *testing.T, cfg knee.Config, sustained func(load float64, n int) bool) (knee.Result, int) {
	t.Helper()
	search, err := knee.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	for n := range 1000 {
		load, more := search.Next()
		if !more {
			return search.Result(), n
		}
		if load < cfg.Min || load > cfg.Max {
			t.Fatalf("candidate %g leaves %g..%g", load, cfg.Min, cfg.Max)
		}
		search.Observe(sustained(load, n))
	}
	t.Fatal("the search does not end")
	return knee.Result{}, 0
}

func TestFindsTheLimit(t *testing.T) {
	for _, row := range []struct {
		name                  string
		start, min, max, knee float64
		low, high             float64 // bounds of the answer
	}{
		{"above the start", 100, 1, 100_000, 3456, 3456 / 1.01, 3456},
		{"below the start", 1000, 1, 100_000, 12.5, 12.5 / 1.01, 12.5},
		{"at the start", 100, 1, 1000, 100, 100, 100 * 1.01},
		{"beyond the maximum", 100, 1, 1000, 5000, 1000, 1000},
		{"below the minimum", 100, 10, 1000, 5, 0, 0},
		{"the only load", 10, 10, 10, 10, 10, 10},
	} {
		t.Run(row.name, func(t *testing.T) {
			got, n := drive(t, knee.Config{Start: row.start, Min: row.min, Max: row.max},
				func(load float64, _ int) bool { return load <= row.knee })
			if !got.Done || got.Sustained < row.low || got.Sustained > row.high {
				t.Errorf("got %+v, want %g to %g", got, row.low, row.high)
			}
			if n > 50 {
				t.Errorf("took %d observations", n)
			}
		})
	}
}

func TestOneBadObservationDoesNotDecide(t *testing.T) {
	for bad := range 20 {
		got, _ := drive(t, knee.Config{Start: 100, Min: 1, Max: 10_000}, func(load float64, n int) bool {
			return (load <= 700) != (n == bad)
		})
		if got.Sustained > 700 || got.Sustained < 700/1.01 {
			t.Errorf("with observation %d wrong: %+v", bad, got)
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
		for n := range 20_000 {
			if _, more := search.Next(); !more {
				return
			}
			search.Observe(answers>>(n%64)&1 == 1)
		}
		t.Error("the search does not end")
	})
}
