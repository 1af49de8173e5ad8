package usl

import "math"

// linear solves N/X = a + b·(N-1) + c·N·(N-1) for a, b, c ≥ 0. With three
// unknowns, of which a is always above 0, there are four cases: b and c free,
// one of them 0, both 0. The best of those that break no constraint is the
// solution (C. L. Lawson and R. J. Hanson, "Solving Least Squares Problems",
// chapter 23, for so few unknowns by enumeration).
func linear(points []Point) (Model, bool) {
	best, bestCost, found := Model{}, math.Inf(1), false
	for _, free := range [][2]bool{{true, true}, {true, false}, {false, true}, {false, false}} {
		model, ok := linearCase(points, free)
		if !ok {
			continue
		}
		if c := cost(points, model); c < bestCost {
			best, bestCost, found = model, c, true
		}
	}
	return best, found
}

// linearCase solves one case by its normal equations. Each point is weighted so
// that, to first order, the squared errors are those of X rather than of N/X.
func linearCase(points []Point, free [2]bool) (Model, bool) {
	var a [3][4]float64
	for _, p := range points {
		row := [3]float64{1, p.N - 1, p.N * (p.N - 1)}
		for i := range free {
			if !free[i] {
				row[i+1] = 0
			}
		}
		scale := p.X * p.X / p.N // d(N/X) = -N/X² dX
		w := p.weight() * scale * scale
		for i := range row {
			for j := range row {
				a[i][j] += w * row[i] * row[j]
			}
			a[i][3] += w * row[i] * p.N / p.X
		}
	}
	for i := range free {
		if !free[i] {
			a[i+1][i+1] = 1
		}
	}
	x, ok := solve3(a)
	if !ok || x[0] <= 0 || x[1] < 0 || x[2] < 0 {
		return Model{}, false
	}
	return Model{Lambda: 1 / x[0], Sigma: x[1] / x[0], Kappa: x[2] / x[0]}, true
}

// maxSteps bounds the refinement; it settles in fewer than ten.
const maxSteps = 50

// refine minimises the squared errors of X by Gauss-Newton steps, halved until
// they improve, and never leaves the allowed coefficients.
func refine(points []Point, m Model) Model {
	best := cost(points, m)
	for range maxSteps {
		step, ok := gaussNewton(points, m)
		if !ok {
			return m
		}
		improved := false
		for size := 1.0; size > 1e-6; size /= 2 {
			next := Model{
				Lambda: m.Lambda + size*step[0],
				Sigma:  max(0, m.Sigma+size*step[1]),
				Kappa:  max(0, m.Kappa+size*step[2]),
			}
			if c := cost(points, next); next.Lambda > 0 && c < best {
				improved = best-c > 1e-12*best
				m, best = next, c
				break
			}
		}
		if !improved {
			return m
		}
	}
	return m
}

// gaussNewton is the step that would be right if X were linear in the
// coefficients. A coefficient at its bound of 0 that wants below it stays out.
func gaussNewton(points []Point, m Model) ([3]float64, bool) {
	pinned := [3]bool{}
	for {
		step, ok := stepWithout(points, m, pinned)
		if !ok {
			return step, false
		}
		again := false
		if m.Sigma == 0 && step[1] < 0 && !pinned[1] {
			pinned[1], again = true, true
		}
		if m.Kappa == 0 && step[2] < 0 && !pinned[2] {
			pinned[2], again = true, true
		}
		if !again {
			return step, true
		}
	}
}

func stepWithout(points []Point, m Model, pinned [3]bool) ([3]float64, bool) {
	var a [3][4]float64
	for _, p := range points {
		divisor := 1 + m.Sigma*(p.N-1) + m.Kappa*p.N*(p.N-1)
		x := m.Lambda * p.N / divisor
		gradient := [3]float64{x / m.Lambda, -x * (p.N - 1) / divisor, -x * p.N * (p.N - 1) / divisor}
		for i := range gradient {
			if pinned[i] {
				gradient[i] = 0
			}
		}
		for i := range gradient {
			for j := range gradient {
				a[i][j] += p.weight() * gradient[i] * gradient[j]
			}
			a[i][3] += p.weight() * gradient[i] * (p.X - x)
		}
	}
	for i := range pinned {
		if pinned[i] {
			a[i][i] = 1
		}
	}
	return solve3(a)
}

// solve3 solves three linear equations, given with their right sides, by
// elimination with partial pivoting on scaled rows.
func solve3(a [3][4]float64) ([3]float64, bool) {
	var x [3]float64
	var scale [3]float64
	// Coefficients differ by many powers of ten (1 against N²), so columns are scaled.
	for i := range scale {
		scale[i] = math.Sqrt(math.Abs(a[i][i]))
		if !(scale[i] > 0) || math.IsInf(scale[i], 0) {
			return x, false
		}
	}
	for i := range 3 {
		for j := range 3 {
			a[i][j] /= scale[i] * scale[j]
		}
		a[i][3] /= scale[i]
	}
	for i := range 3 {
		pivot := i
		for k := i + 1; k < 3; k++ {
			if math.Abs(a[k][i]) > math.Abs(a[pivot][i]) {
				pivot = k
			}
		}
		a[i], a[pivot] = a[pivot], a[i]
		if !(math.Abs(a[i][i]) > 1e-13) {
			return x, false
		}
		for k := i + 1; k < 3; k++ {
			factor := a[k][i] / a[i][i]
			for j := i; j < 4; j++ {
				a[k][j] -= factor * a[i][j]
			}
		}
	}
	for i := 2; i >= 0; i-- {
		x[i] = a[i][3]
		for j := i + 1; j < 3; j++ {
			x[i] -= a[i][j] * x[j]
		}
		x[i] /= a[i][i]
	}
	for i := range x {
		x[i] /= scale[i]
		if math.IsNaN(x[i]) || math.IsInf(x[i], 0) {
			return x, false
		}
	}
	return x, true
}
