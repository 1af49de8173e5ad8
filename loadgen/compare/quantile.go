package compare

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"

	"github.com/HdrHistogram/hdrhistogram-go"

	"loadlab/loadgen/report"
)

const (
	draws = 4000
	// leastBeyond is how many requests have to lie beyond a quantile: the bootstrap says little about extremes.
	leastBeyond = 10
)

// times compares the quantile q of two distributions, by an interval of that level.
func times(a, b report.Times, q, level, tolerance float64) Difference {
	d := Difference{Name: fmt.Sprintf("p%g", 100*q), Baseline: a.Quantile(q).Seconds(), Now: b.Quantile(q).Seconds()}
	if beyond := float64(min(a.Count(), b.Count())) * min(q, 1-q); beyond < leastBeyond {
		d.Finding = TooFew
		return d
	}
	d.Change = d.Now/d.Baseline - 1
	random := rand.New(rand.NewPCG(1, uint64(1e6*q))) // the verdict on two reports is always the same
	before, after := newResampled(a.HDR, q), newResampled(b.HDR, q)
	changes := make([]float64, draws)
	for i := range changes {
		changes[i] = after.draw(random)/before.draw(random) - 1
	}
	slices.Sort(changes)
	tail := (1 - level) / 2
	d.Low, d.High = changes[int(tail*draws)], changes[draws-1-int(tail*draws)]
	d.judge(tolerance)
	return d
}

// resampled is the distribution of a quantile over bootstrap samples of a histogram: that of F^-1(U), where U is
// the k-th smallest of n uniform numbers, which has the distribution Beta(k, n-k+1).
type resampled struct {
	values []float64 // in rising order
	share  []float64 // of the values up to this one
	k, n   float64
}

func newResampled(h *hdrhistogram.Histogram, q float64) resampled {
	n := float64(h.TotalCount())
	r := resampled{k: math.Ceil(q * n), n: n}
	var seen int64
	for _, bar := range h.Distribution() {
		if bar.Count > 0 {
			seen += bar.Count
			r.values = append(r.values, float64(max(1, bar.From+(bar.To-bar.From)/2)))
			r.share = append(r.share, float64(seen)/n)
		}
	}
	return r
}

func (r resampled) draw(random *rand.Rand) float64 {
	x, y := gamma(random, r.k), gamma(random, r.n-r.k+1)
	at, _ := slices.BinarySearch(r.share, x/(x+y))
	return r.values[min(at, len(r.values)-1)]
}

// gamma draws from a gamma distribution with that shape, at least 1, by the method of Marsaglia and Tsang (A
// simple method for generating gamma variables, ACM Transactions on Mathematical Software 26, 2000).
func gamma(random *rand.Rand, shape float64) float64 {
	d := shape - 1.0/3
	c := 1 / math.Sqrt(9*d)
	for {
		x := random.NormFloat64()
		root := 1 + c*x
		v := root * root * root
		if v > 0 && math.Log(1-random.Float64()) < x*x/2+d-d*v+d*math.Log(v) {
			return d * v
		}
	}
}
