package usl_test

import (
	"errors"
	"math"
	"testing"

	"loadlab/experiments/usl"
)

// specSDM91 is the data set "SPEC SDM91" that the law's literature fits
// (Gunther, Guerrilla Capacity Planning, chapter 5): virtual users against
// scripts per hour.
func specSDM91() []usl.Point {
	return []usl.Point{
		{N: 1, X: 64.9}, {N: 18, X: 995.9}, {N: 36, X: 1652.4}, {N: 72, X: 1853.2},
		{N: 108, X: 1828.9}, {N: 144, X: 1775.0}, {N: 216, X: 1702.2},
	}
}

func near(t *testing.T, name string, got, want, relative float64) {
	t.Helper()
	if math.Abs(got-want) > relative*math.Abs(want) {
		t.Errorf("%s = %.7g, want %.7g within %g", name, got, want, relative)
	}
}

func TestFitReproducesThePublishedOne(t *testing.T) {
	fit, err := usl.New(specSDM91())
	if err != nil {
		t.Fatal(err)
	}
	near(t, "sigma", fit.Sigma, 0.02773, 2e-4)
	near(t, "kappa", fit.Kappa, 0.0001043, 1e-3)
	near(t, "lambda", fit.Lambda, 89.99, 1e-4)
	near(t, "peak", fit.Peak(), 96.5, 0.01)
	if fit.Extrapolated {
		t.Error("the peak lies within the data")
	}
	if fit.R2 < 0.98 {
		t.Errorf("R² = %g", fit.R2)
	}
}

func TestFitFindsExactCoefficients(t *testing.T) {
	for name, want := range map[string]usl.Model{
		"linear":     {Lambda: 20, Sigma: 0, Kappa: 0},
		"amdahl":     {Lambda: 100, Sigma: 0.05, Kappa: 0},
		"coherence":  {Lambda: 100, Sigma: 0, Kappa: 0.001},
		"retrograde": {Lambda: 1000, Sigma: 0.1, Kappa: 0.01},
		"one server": {Lambda: 50, Sigma: 1, Kappa: 0},
	} {
		t.Run(name, func(t *testing.T) {
			var points []usl.Point
			for _, n := range []float64{1, 2, 4, 8, 16, 32, 64} {
				points = append(points, usl.Point{N: n, X: want.Throughput(n)})
			}
			fit, err := usl.New(points)
			if err != nil {
				t.Fatal(err)
			}
			near(t, "lambda", fit.Lambda, want.Lambda, 1e-6)
			if math.Abs(fit.Sigma-want.Sigma) > 1e-6 || math.Abs(fit.Kappa-want.Kappa) > 1e-8 {
				t.Errorf("got %+v, want %+v", fit.Model, want)
			}
		})
	}
}

func TestPeak(t *testing.T) {
	for _, row := range []struct {
		name  string
		model usl.Model
		want  float64
	}{
		{"√((1-0.19)/0.01)", usl.Model{Lambda: 1, Sigma: 0.19, Kappa: 0.01}, 9},
		{"no coherence cost", usl.Model{Lambda: 1, Sigma: 0.5}, math.Inf(1)},
		{"full contention", usl.Model{Lambda: 1, Sigma: 1, Kappa: 0.01}, 1},
	} {
		t.Run(row.name, func(t *testing.T) {
			if got := row.model.Peak(); got != row.want {
				t.Errorf("got %v, want %v", got, row.want)
			}
		})
	}
}

func TestPointsThatCannotBeFitted(t *testing.T) {
	for _, row := range []struct {
		name   string
		points []usl.Point
		want   error
	}{
		{"none", nil, usl.ErrTooFew},
		{"one", []usl.Point{{N: 1, X: 1}}, usl.ErrTooFew},
		{"all of one N", []usl.Point{{N: 2, X: 1}, {N: 2, X: 2}, {N: 2, X: 3}}, usl.ErrTooFew},
		{"zero throughput", []usl.Point{{N: 1, X: 0}, {N: 2, X: 2}, {N: 3, X: 3}}, usl.ErrPoint},
		{"NaN", []usl.Point{{N: 1, X: math.NaN()}, {N: 2, X: 2}, {N: 3, X: 3}}, usl.ErrPoint},
		{"negative weight", []usl.Point{{N: 1, X: 1, Weight: -1}, {N: 2, X: 2}, {N: 3, X: 3}}, usl.ErrPoint},
	} {
		t.Run(row.name, func(t *testing.T) {
			if _, err := usl.New(row.points); !errors.Is(err, row.want) {
				t.Errorf("got %v, want %v", err, row.want)
			}
		})
	}
}

func FuzzFit(f *testing.F) {
	f.Add(1.0, 10.0, 2.0, 19.0, 4.0, 30.0)
	f.Add(1.0, 1.0, 2.0, 1.0, 3.0, 1.0)
	f.Add(1e-300, 1e300, 2.0, 1e-300, 1e300, 5.0)
	f.Fuzz(func(t *testing.T, n1, x1, n2, x2, n3, x3 float64) {
		fit, err := usl.New([]usl.Point{{N: n1, X: x1}, {N: n2, X: x2}, {N: n3, X: x3}})
		if err != nil {
			return
		}
		if !(fit.Lambda > 0) || !(fit.Sigma >= 0) || !(fit.Kappa >= 0) {
			t.Errorf("not a model: %+v", fit.Model)
		}
	})
}
