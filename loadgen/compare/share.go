package compare

import "math"

// shares compares x of n with y of m, by an interval of that level.
func shares(name string, x, n, y, m uint64, level, tolerance float64) Difference {
	d := Difference{Name: name, IsShare: true}
	if n == 0 || m == 0 {
		d.Finding = TooFew
		return d
	}
	d.Baseline, d.Now = float64(x)/float64(n), float64(y)/float64(m)
	d.Change = d.Now - d.Baseline
	z := math.Sqrt2 * math.Erfinv(level)
	lowX, highX := wilson(d.Baseline, float64(n), z)
	lowY, highY := wilson(d.Now, float64(m), z)
	d.Low = d.Change - math.Hypot(d.Now-lowY, highX-d.Baseline)
	d.High = d.Change + math.Hypot(highY-d.Now, d.Baseline-lowX)
	d.judge(tolerance)
	return d
}

// wilson is the score interval of a share p of n at z standard deviations.
func wilson(p, n, z float64) (low, high float64) {
	center := p + z*z/(2*n)
	spread := z * math.Sqrt(p*(1-p)/n+z*z/(4*n*n))
	return (center - spread) / (1 + z*z/n), (center + spread) / (1 + z*z/n)
}
