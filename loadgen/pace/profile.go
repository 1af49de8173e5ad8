// Package pace computes when each request of an open loop is due.
//
// A Profile is the wanted rate over time, a polygon:
//
//	rate
//	 500 |        ____
//	     |       /    \
//	 100 |  ____/      \
//	   0 |_/____________\__ time
//
// The n-th request of evenly spaced arrivals is due where the integral of the
// rate reaches n. Poisson arrivals are due where it reaches the sum of n
// exponential variates of mean 1 (Lewis and Shedler, 1979), so both share one
// formula: the inverse of the integral.
package pace

import (
	"math"
	"time"
)

// Stage ramps the rate linearly to Rate, in requests per second, over Duration.
type Stage struct {
	Duration time.Duration
	Rate     float64
}

// Profile is the wanted rate over time. The zero value is a rate of zero.
type Profile struct {
	pieces []piece
	tail   float64 // rate past the last piece
}

type piece struct {
	start    time.Duration
	length   float64 // in seconds
	from, to float64 // requests per second
	before   float64 // requests due before start
}

// Constant is the same rate for ever, in requests per second.
func Constant(rate float64) Profile { return Profile{tail: rate} }

// Stages starts at the rate from and ramps through stages; past the last one no request is due.
func Stages(from float64, stages []Stage) Profile {
	var p Profile
	var start time.Duration
	var before float64
	for _, s := range stages {
		length := s.Duration.Seconds()
		p.pieces = append(p.pieces, piece{start: start, length: length, from: from, to: s.Rate, before: before})
		before += length * (from + s.Rate) / 2
		start += s.Duration
		from = s.Rate
	}
	return p
}

// Duration is the length of all stages, 0 for a constant rate.
func (p Profile) Duration() time.Duration {
	if len(p.pieces) == 0 {
		return 0
	}
	last := p.pieces[len(p.pieces)-1]
	return last.start + seconds(last.length)
}

// RateAt is the wanted rate in requests per second at t after the start.
func (p Profile) RateAt(t time.Duration) float64 {
	for _, s := range p.pieces {
		if at := (t - s.start).Seconds(); at < s.length {
			return s.from + (s.to-s.from)*at/s.length
		}
	}
	return p.tail
}

// Expected is the integral of the rate: how many requests are due by t.
func (p Profile) Expected(t time.Duration) float64 {
	due, end := 0.0, time.Duration(0)
	for _, s := range p.pieces {
		at := math.Min((t - s.start).Seconds(), s.length)
		if at < s.length {
			return s.before + s.from*at + (s.to-s.from)*at*at/(2*s.length)
		}
		due = s.before + s.length*(s.from+s.to)/2
		end = s.start + seconds(s.length)
	}
	return due + p.tail*(t-end).Seconds()
}

// Due is the inverse of Expected: when request number x is due. It is false if
// the profile ends before.
func (p Profile) Due(x float64) (time.Duration, bool) {
	due, end := 0.0, time.Duration(0)
	for _, s := range p.pieces {
		area := s.length * (s.from + s.to) / 2
		if x < s.before+area {
			return s.start + seconds(s.inverse(x-s.before)), true
		}
		due, end = s.before+area, s.start+seconds(s.length)
	}
	if p.tail <= 0 || (x-due)/p.tail > maxSeconds {
		return 0, false
	}
	return end + seconds((x-due)/p.tail), true
}

// inverse solves from*t + slope*t*t/2 = area for t. The form of the quadratic
// formula with the root in the denominator does not cancel as slope nears 0.
func (s piece) inverse(area float64) float64 {
	slope := (s.to - s.from) / s.length
	root := math.Sqrt(math.Max(0, s.from*s.from+2*slope*area))
	if s.from+root == 0 {
		return 0
	}
	return math.Min(2*area/(s.from+root), s.length)
}

// maxSeconds keeps a due time within a time.Duration: 250 of its 292 years.
const maxSeconds = 250 * 365 * 24 * 3600

func seconds(s float64) time.Duration { return time.Duration(math.Round(s * 1e9)) }
