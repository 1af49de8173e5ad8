package usl

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
)

// Interval is where a coefficient lies with the confidence asked for.
type Interval struct{ Low, High float64 }

// Contains reports whether value lies within.
func (i Interval) Contains(value float64) bool { return i.Low <= value && value <= i.High }

// Intervals are those of the three coefficients.
type Intervals struct{ Lambda, Sigma, Kappa Interval }

// Bootstrap estimates intervals of the fitted coefficients with the given
// confidence (between 0 and 1): it fits rounds times to the model's own
// throughputs, disturbed by the errors that the fit left, drawn with
// replacement and enlarged for the degrees of freedom that the fit used up.
//
// Source: B. Efron and R. J. Tibshirani, "An Introduction to the Bootstrap",
// chapters 9 and 13 (residuals, percentile intervals).
func Bootstrap(points []Point, fit Fit, confidence float64, rounds int, random *rand.Rand) (Intervals, error) {
	if !(confidence > 0 && confidence < 1) || rounds < 1 {
		return Intervals{}, fmt.Errorf("confidence %g and %d rounds: the first must lie between 0 and 1, the second be at least 1", confidence, rounds)
	}
	residuals := relativeErrors(points, fit.Model)
	var lambdas, sigmas, kappas []float64
	for range rounds {
		disturbed := slices.Clone(points)
		for i := range disturbed {
			x := fit.Throughput(points[i].N) * (1 + residuals[random.IntN(len(residuals))])
			disturbed[i].X = max(x, points[i].X/1000) // a throughput is above 0
		}
		again, err := New(disturbed)
		if err != nil {
			return Intervals{}, err
		}
		lambdas, sigmas, kappas = append(lambdas, again.Lambda), append(sigmas, again.Sigma), append(kappas, again.Kappa)
	}
	return Intervals{
		Lambda: percentiles(lambdas, confidence),
		Sigma:  percentiles(sigmas, confidence),
		Kappa:  percentiles(kappas, confidence),
	}, nil
}

// relativeErrors are centred, so that the bootstrap adds no bias.
func relativeErrors(points []Point, m Model) []float64 {
	errors := make([]float64, len(points))
	var mean float64
	for i, p := range points {
		errors[i] = p.X/m.Throughput(p.N) - 1
		mean += errors[i] / float64(len(points))
	}
	enlarge := 1.0
	if free := len(points) - minPoints; free > 0 {
		enlarge = math.Sqrt(float64(len(points)) / float64(free))
	}
	for i := range errors {
		errors[i] = (errors[i] - mean) * enlarge
	}
	return errors
}

func percentiles(values []float64, confidence float64) Interval {
	slices.Sort(values)
	at := func(q float64) float64 { return values[int(q*float64(len(values)-1)+0.5)] }
	return Interval{Low: at((1 - confidence) / 2), High: at((1 + confidence) / 2)}
}
