// Package queueing computes what queueing theory expects of a server: how long requests wait for it.
//
// Rates are in requests per second, times in seconds. Every function returns
// NaN for arguments without meaning (a negative rate, no server, NaN itself),
// and +Inf for a system that is not stable: utilisation of 1 or more.
package queueing

import "math"

// System is a station of equal servers with one queue in front, first come,
// first served, and requests that arrive independently of each other (Poisson).
type System struct {
	Servers int     // how many requests are served at once; at least 1
	Arrival float64 // λ, requests per second
	Service float64 // mean time to serve one request, seconds
}

// Load is the offered load a = λ·s in Erlang: the mean number of busy servers.
func (s System) Load() float64 {
	if s.Servers < 1 || !(s.Arrival >= 0) || !(s.Service >= 0) || math.IsInf(s.Arrival, 0) || math.IsInf(s.Service, 0) {
		return math.NaN()
	}
	return s.Arrival * s.Service
}

// Utilisation is ρ = a/c: the share of time that a server is busy, if stable.
func (s System) Utilisation() float64 { return s.Load() / float64(s.Servers) }

// ErlangB is the probability that all of servers are busy when requests which
// find no free one are lost: B(0) = 1, B(c) = a·B(c-1) / (c + a·B(c-1)).
//
// Source: A. K. Erlang, 1917; the recurrence is in D. Gross and C. M. Harris,
// "Fundamentals of Queueing Theory", section 2.5.
func ErlangB(servers int, load float64) float64 {
	if servers < 1 || !(load >= 0) || math.IsInf(load, 0) {
		return math.NaN()
	}
	b := 1.0
	for c := 1; c <= servers; c++ {
		b = load * b / (float64(c) + load*b)
	}
	return b
}

// ErlangC is the probability that a request has to wait in M/M/c:
// C = B / (1 - ρ·(1-B)). It is 1 when the load is not below the servers.
//
// Source: A. K. Erlang, 1917; Gross and Harris, section 2.3.
func ErlangC(servers int, load float64) float64 {
	b := ErlangB(servers, load)
	if math.IsNaN(b) {
		return b
	}
	rho := load / float64(servers)
	if rho >= 1 {
		return 1
	}
	return b / (1 - rho*(1-b))
}

// MeanWaitMMc is the mean time in the queue when service times are
// exponential: W = C(c, a) / (c/s - λ).
//
// Source: Gross and Harris, section 2.3.
func (s System) MeanWaitMMc() float64 {
	rho := s.Utilisation()
	switch {
	case math.IsNaN(rho):
		return math.NaN()
	case rho >= 1:
		return math.Inf(1)
	case s.Service == 0:
		return 0
	}
	return ErlangC(s.Servers, s.Load()) / (float64(s.Servers)/s.Service - s.Arrival)
}

// MeanWaitMDc is the mean time in the queue when every request takes the same
// time to serve. For one server it is exact, half of M/M/1's; for more it is
// the approximation
//
//	W(M/D/c) ≈ W(M/M/c)/2 · (1 + (1-ρ)·(c-1)·(√(4+5c) - 2) / (16·ρ·c))
//
// which is within some per cent from ρ = 0.5 on.
//
// Source: G. P. Cosmetatos, "Some approximate equilibrium results for the
// multi-server queue (M/G/r)", Operational Research Quarterly 27(3), 1976.
func (s System) MeanWaitMDc() float64 {
	w, rho, c := s.MeanWaitMMc(), s.Utilisation(), float64(s.Servers)
	if rho == 0 || math.IsNaN(w) || math.IsInf(w, 0) {
		return w
	}
	return w / 2 * (1 + (1-rho)*(c-1)*(math.Sqrt(4+5*c)-2)/(16*rho*c))
}

// MeanWaitMG1 is the mean time in the queue of one server whose service times
// have the given squared coefficient of variation (variance over squared mean;
// 0 when all are equal, 1 when exponential): W = ρ/(1-ρ) · (1+cv²)/2 · s. With
// more servers it is the approximation (1+cv²)/2 · W(M/M/c).
//
// Sources: F. Pollaczek, 1930, and A. Y. Khinchine, 1932, for one server;
// A. M. Lee and P. A. Longton, "Queueing Processes Associated with Airline
// Passenger Check-in", Operational Research Quarterly 10(1), 1959, for more.
func (s System) MeanWaitMG1(squaredCV float64) float64 {
	if !(squaredCV >= 0) {
		return math.NaN()
	}
	return (1 + squaredCV) / 2 * s.MeanWaitMMc()
}

// WaitQuantileMMc is the time in the queue that a share q of the requests does
// not exceed in M/M/c: max(0, ln(C/(1-q)) / (c/s - λ)), from
// P(W > t) = C·e^-(c/s-λ)t. It is 0 when more than q do not wait at all.
//
// Source: Gross and Harris, section 2.3.
func (s System) WaitQuantileMMc(q float64) float64 { return s.exponentialWait(q, s.MeanWaitMMc()) }

// WaitQuantileMDc is WaitQuantileMMc for equal service times, approximately: as
// though the wait of those who wait were exponential, with the mean that
// MeanWaitMDc gives. For the 99th percentile of one server it is too high by 7 % at
// a utilisation of 0.8, by 4 % at 0.9; the further below, the more.
//
// Source: J. F. C. Kingman, "On Queues in Heavy Traffic", Journal of the Royal
// Statistical Society B 24(2), 1962: near saturation the wait is exponential.
func (s System) WaitQuantileMDc(q float64) float64 { return s.exponentialWait(q, s.MeanWaitMDc()) }

// WaitQuantileMG1 is the same approximation for service times of the given
// squared coefficient of variation, with the mean that MeanWaitMG1 gives. With 1
// it is WaitQuantileMMc.
//
// Source: Kingman, as for WaitQuantileMDc.
func (s System) WaitQuantileMG1(q, squaredCV float64) float64 {
	return s.exponentialWait(q, s.MeanWaitMG1(squaredCV))
}

// exponentialWait is the q-quantile of a wait that is 0 for those who find a
// free server, and exponential for the others, with the given mean over both.
func (s System) exponentialWait(q, mean float64) float64 {
	if !(q >= 0 && q < 1) || math.IsNaN(mean) {
		return math.NaN()
	}
	if mean == 0 || math.IsInf(mean, 0) {
		return mean
	}
	c := ErlangC(s.Servers, s.Load())
	if c <= 1-q {
		return 0
	}
	return mean / c * math.Log(c/(1-q))
}
