package yardstick

import (
	"math"
	"time"
)

// variation is the coefficient of variation of the gaps between ordered times:
// standard deviation over mean, 0 for a perfect beat, 1 for a Poisson process.
// A tenth at either end does not count: start-up and drain are no pacing.
func variation(ordered []time.Duration) float64 {
	cut := len(ordered) / 10
	inner := ordered[cut : len(ordered)-cut]
	if len(inner) < 3 {
		return math.NaN()
	}
	gaps := float64(len(inner) - 1)
	mean := float64(inner[len(inner)-1]-inner[0]) / gaps
	squares := 0.0
	for i := 1; i < len(inner); i++ {
		off := float64(inner[i]-inner[i-1]) - mean
		squares += off * off
	}
	return math.Sqrt(squares/gaps) / mean
}
