// Package confidence computes 95 % confidence intervals of means.
package confidence

import (
	"math"
	"slices"
)

// MaxValues is how many values a sample may have.
const MaxValues = 10

// studentT are the 97.5 % quantiles of Student's distribution by degrees of
// freedom from 1, as any table of it has them: enough for two samples of MaxValues.
var studentT = [2*MaxValues - 2]float64{
	12.7062, 4.3027, 3.1824, 2.7764, 2.5706, 2.4469, 2.3646, 2.3060, 2.2622,
	2.2281, 2.2010, 2.1788, 2.1604, 2.1448, 2.1314, 2.1199, 2.1098, 2.1009,
}

// quantile returns Student's t for the degrees of freedom, which are rounded
// down to one of the table: that makes an interval wider rather than too narrow.
func quantile(freedom float64) float64 {
	return studentT[min(max(int(freedom), 1), len(studentT))-1]
}

// sample is the mean of some values with the squared standard error of that mean.
type sample struct {
	n              int
	mean, variance float64 // the latter of the mean; NaN with fewer than two values
}

func newSample(values []float64) sample {
	s := sample{n: len(values)}
	n := float64(len(values))
	if n > 1 && slices.Min(values) == slices.Max(values) {
		s.mean = values[0] // exactly: a rounding error would be taken for noise
		return s
	}
	for _, v := range values {
		s.mean += v / n
	}
	var squares float64
	for _, v := range values {
		squares += (v - s.mean) * (v - s.mean)
	}
	s.variance = squares / (n - 1) / n
	return s
}

// Interval is the mean of the values, one a round, with its 95 % confidence
// interval: mean ± t · s/√n, with t of Student's distribution for n-1 degrees of
// freedom. One value has no interval: low and high are the value itself.
//
// It assumes independent rounds whose values are about normal. The values of a
// round are themselves means or quantiles over many requests.
//
// Source: "Student" (W. S. Gosset), "The Probable Error of a Mean", Biometrika 6(1), 1908.
func Interval(values []float64) (mean, low, high float64) {
	s := newSample(values)
	if s.n < 2 {
		return s.mean, s.mean, s.mean
	}
	half := quantile(float64(s.n-1)) * math.Sqrt(s.variance)
	return s.mean, s.mean - half, s.mean + half
}

// Welch is how much the mean of b is above that of a, with the 95 % confidence
// interval of it when the two may vary differently; ok is false if either has
// fewer than two values.
//
// Source: B. L. Welch, "The Generalization of 'Student's' Problem when Several
// Different Population Variances are Involved", Biometrika 34(1/2), 1947, with the
// degrees of freedom (va+vb)² / (va²/(na-1) + vb²/(nb-1)), rounded down.
func Welch(a, b []float64) (change, low, high float64, ok bool) {
	x, y := newSample(a), newSample(b)
	change = y.mean - x.mean
	if x.n < 2 || y.n < 2 {
		return change, math.NaN(), math.NaN(), false
	}
	both := x.variance + y.variance
	if both == 0 {
		return change, change, change, true
	}
	freedom := both * both / (x.variance*x.variance/float64(x.n-1) + y.variance*y.variance/float64(y.n-1))
	half := quantile(freedom) * math.Sqrt(both)
	return change, change - half, change + half, true
}
