// Package usl fits the Universal Scalability Law to measured throughput.
//
// The law says how throughput X depends on the number N of requests in
// progress:
//
//	X(N) = λ·N / (1 + σ·(N-1) + κ·N·(N-1))
//
// λ is the throughput of one, σ the contention (the share of the work that
// cannot overlap), κ the cost of coherence (what each does for each other).
// With σ = κ = 0 it is linear; with κ = 0 it is Amdahl's law.
//
// Source: N. J. Gunther, "Guerrilla Capacity Planning", Springer 2007, and
// "A General Theory of Computational Scalability Based on Rational Functions",
// arXiv:0808.1431.
package usl

import (
	"errors"
	"fmt"
	"math"
)

// Point is one measurement.
type Point struct {
	N      float64 // mean number of requests in progress; above 0
	X      float64 // throughput, requests per second; above 0
	Weight float64 // how much it counts; 0 means 1
}

// Model is a set of coefficients, none of them negative.
type Model struct {
	Lambda float64 // λ, requests per second
	Sigma  float64 // σ, without unit
	Kappa  float64 // κ, without unit
}

// Peak is the N of the highest throughput, √((1-σ)/κ), or +Inf when it rises
// for ever. It is 1 when σ is above 1: one alone is the best.
func (m Model) Peak() float64 {
	switch {
	case m.Sigma >= 1:
		return 1
	case m.Kappa == 0:
		return math.Inf(1)
	}
	return math.Sqrt((1 - m.Sigma) / m.Kappa)
}

// Fit is a fitted model.
type Fit struct {
	Model
	R2           float64 // share of the variance of X that the model explains
	Extrapolated bool    // the peak lies beyond the measured N
}

// Errors of New.
var (
	// ErrTooFew means fewer than three points of different N.
	ErrTooFew = errors.New("too few points: three of different concurrency are needed")
	// ErrPoint means a point that is not a measurement.
	ErrPoint = errors.New("not a measurement")
)

// minPoints is how many different N three unknowns need.
const minPoints = 3

// New fits the law to points.
//
// N/X is linear in 1/λ, σ/λ and κ/λ, so a weighted linear least squares fit
// under the constraint that none is negative gives the start; Gauss-Newton
// steps on X itself, where the measurement errors are, give the result.
func New(points []Point) (Fit, error) {
	if err := check(points); err != nil {
		return Fit{}, err
	}
	start, ok := linear(points)
	if !ok {
		return Fit{}, fmt.Errorf("%w: the throughputs follow no model", ErrPoint)
	}
	model := refine(points, start)
	largest := 0.0
	for _, p := range points {
		largest = max(largest, p.N)
	}
	return Fit{Model: model, R2: r2(points, model), Extrapolated: model.Peak() > largest}, nil
}

func check(points []Point) error {
	different := map[float64]bool{}
	for i, p := range points {
		if !(p.N > 0) || !(p.X > 0) || !(p.weight() > 0) ||
			math.IsInf(p.N, 0) || math.IsInf(p.X, 0) || math.IsInf(p.Weight, 0) {
			return fmt.Errorf("%w: point %d has N = %g, X = %g, weight %g; all must be above 0", ErrPoint, i+1, p.N, p.X, p.Weight)
		}
		different[p.N] = true
	}
	if len(different) < minPoints {
		return ErrTooFew
	}
	return nil
}

func r2(points []Point, m Model) float64 {
	var mean, weights, total float64
	for _, p := range points {
		mean += p.weight() * p.X
		weights += p.weight()
	}
	mean /= weights
	for _, p := range points {
		total += p.weight() * (p.X - mean) * (p.X - mean)
	}
	if total == 0 {
		return math.NaN() // nothing varies, so nothing is explained
	}
	return 1 - cost(points, m)/total
}
