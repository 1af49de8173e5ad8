package usl

func (p Point) weight() float64 {
	if p.Weight == 0 {
		return 1
	}
	return p.Weight
}

// cost is the weighted sum of squared errors of X.
func cost(points []Point, m Model) float64 {
	var sum float64
	for _, p := range points {
		e := p.X - m.Throughput(p.N)
		sum += p.weight() * e * e
	}
	return sum
}

// Throughput is X(n) in requests per second.
func (m Model) Throughput(n float64) float64 {
	return m.Lambda * n / (1 + m.Sigma*(n-1) + m.Kappa*n*(n-1))
}
