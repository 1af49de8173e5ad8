package confidence

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"
)

// TestIntervalCoverage counts how often the truth lies within the interval of normal values.
func TestIntervalCoverage(t *testing.T) {
	const seeds = 4000
	// 95 % of 4000 with three standard deviations of a binomial distribution.
	const least, most = 0.95 - 3*0.00345, 0.95 + 3*0.00345
	for _, rounds := range []int{2, 3, 5, MaxValues} {
		t.Run(fmt.Sprintf("%d rounds", rounds), func(t *testing.T) {
			within := 0
			for seed := range uint64(seeds) {
				random := rand.New(rand.NewPCG(seed, 21))
				if _, low, high := Interval(normal(random, rounds, 7, 2)); low <= 7 && 7 <= high {
					within++
				}
			}
			if share := float64(within) / seeds; share < least || share > most {
				t.Errorf("the interval has the truth in %.1f %% of the seeds, want 95 %%", 100*share)
			}
		})
	}
}

// TestWelchCoverage does so for the difference of two means. Degrees of freedom
// are rounded down, so the interval may be wider than it need be.
func TestWelchCoverage(t *testing.T) {
	const seeds = 4000
	for _, row := range []struct {
		na, nb         int
		spreadA, ratio float64
	}{{3, 3, 1, 1}, {3, 3, 1, 5}, {3, 7, 1, 1}, {10, 10, 1, 3}, {2, 2, 1, 1}} {
		t.Run(fmt.Sprintf("%d against %d rounds, %g times the noise", row.na, row.nb, row.ratio), func(t *testing.T) {
			within, significant := 0, 0
			for seed := range uint64(seeds) {
				random := rand.New(rand.NewPCG(seed, 22))
				a := normal(random, row.na, 100, row.spreadA)
				_, low, high, ok := Welch(a, normal(random, row.nb, 103, row.spreadA*row.ratio))
				if ok && low <= 3 && 3 <= high {
					within++
				}
				if _, low, high, _ := Welch(a, normal(random, row.nb, 160, row.spreadA*row.ratio)); low > 0 || high < 0 {
					significant++
				}
			}
			if share := float64(within) / seeds; share < 0.94 || share > 0.995 {
				t.Errorf("the interval has the truth in %.1f %% of the seeds, want about 95 %%", 100*share)
			}
			if share := float64(significant) / seeds; share < 0.95 {
				t.Errorf("a difference of 60 is found in %.1f %% of the seeds", 100*share)
			}
		})
	}
}

func normal(random *rand.Rand, n int, mean, deviation float64) []float64 {
	values := make([]float64, n)
	for i := range values {
		values[i] = mean + deviation*random.NormFloat64()
	}
	return values
}

func TestIntervals(t *testing.T) {
	for _, row := range []struct {
		name            string
		values          []float64
		mean, low, high float64
	}{
		{"one value", []float64{3}, 3, 3, 3},
		{"equal values", []float64{.1, .1, .1}, .1, .1, .1},
		{"two values: 12.71 · 1", []float64{1, 3}, 2, 2 - 12.7062, 2 + 12.7062},
		{"three values: 4.303 · 1/√3", []float64{1, 2, 3}, 2, 2 - 4.3027/math.Sqrt(3), 2 + 4.3027/math.Sqrt(3)},
	} {
		t.Run(row.name, func(t *testing.T) {
			mean, low, high := Interval(row.values)
			for i, got := range []float64{mean - row.mean, low - row.low, high - row.high} {
				if math.Abs(got) > 1e-12 {
					t.Errorf("figure %d of %g, %g, %g is off", i+1, mean, low, high)
				}
			}
		})
	}
}

func TestWelchByHand(t *testing.T) {
	// means 2 and 8, squared standard errors 1/3 and 4/3; freedom (5/3)² / ((1/9+16/9)/2) = 2.94, so 2.
	change, low, high, ok := Welch([]float64{1, 2, 3}, []float64{6, 8, 10})
	half := 4.3027 * math.Sqrt(5.0/3)
	if !ok || change != 6 || math.Abs(low-(6-half)) > 1e-12 || math.Abs(high-(6+half)) > 1e-12 {
		t.Errorf("got %g (%g to %g), %v", change, low, high, ok)
	}
	if _, _, _, ok := Welch([]float64{1}, []float64{2, 3}); ok {
		t.Error("one value has no noise")
	}
	if change, low, high, ok := Welch([]float64{2, 2}, []float64{3, 3}); !ok || change != 1 || low != 1 || high != 1 {
		t.Error("values without noise differ by what they differ")
	}
}

// TestEqualRoundsHaveNoWidth: a mean that rounding moved past a bound would not hold.
func TestEqualRoundsHaveNoWidth(t *testing.T) {
	for n := 1; n <= MaxValues; n++ {
		for _, v := range []float64{1, 16, 100} {
			values := make([]float64, n)
			for i := range values {
				values[i] = v
			}
			if mean, low, high := Interval(values); mean != v || low != v || high != v {
				t.Errorf("%d times %v: %v (%v to %v)", n, v, mean, low, high)
			}
		}
	}
}

// TestInterval is checked by hand: the half width is 2.7764·√(2.5/5).
func TestInterval(t *testing.T) {
	mean, low, high := Interval([]float64{1, 2, 3, 4, 5})
	if mean != 3 || low < 1.0366 || low > 1.0369 || high < 4.9631 || high > 4.9634 {
		t.Errorf("%v (%v to %v), want 3 (1.0368 to 4.9632)", mean, low, high)
	}
}
