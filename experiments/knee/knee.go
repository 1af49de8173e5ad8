// Package knee searches for the highest load that a service sustains.
package knee

import (
	"fmt"
	"math"
)

// Config bounds a search. Loads are rates in requests per second, or any other
// positive quantity of which less is easier.
type Config struct {
	Start     float64 // the first candidate; between Min and Max
	Min       float64 // a search that fails here ends without a result; above 0
	Max       float64 // a search that passes here ends here
	Precision float64 // width of the answer relative to it; 0 stands for 0.01
}

const (
	defaultPrecision = 0.01
	growth           = 2 // factor of the exponential search
	agree            = 2 // equal observations that settle a candidate
)

// Search is the state machine: one observation in, the next candidate out. It
// has no clock and sends nothing.
//
//	          passes: candidate × 2                 passes: low = candidate
//	          ┌──────────┐                          ┌──────────┐
//	start ──▶ growing ───┘── first failure ──▶ bisecting ──────┘──▶ done when
//	          │  ▲                                  │  ▲            high/low ≤ 1+precision
//	          └──┘ fails: candidate / 2             └──┘ fails: high = candidate
//
// Every candidate is observed until two observations agree: at most three times.
type Search struct {
	cfg       Config
	candidate float64
	low, high float64 // the highest that passed, the lowest that failed; 0 and +Inf at first
	passed    int     // observations of the candidate
	failed    int
	done      bool
}

// New starts a search. It refuses bounds that do not enclose the start.
func New(cfg Config) (*Search, error) {
	if cfg.Precision == 0 {
		cfg.Precision = defaultPrecision
	}
	if !(cfg.Min > 0) || !(cfg.Start >= cfg.Min) || !(cfg.Max >= cfg.Start) || math.IsInf(cfg.Max, 0) {
		return nil, fmt.Errorf("a search from %g between %g and %g: the start must lie between the bounds, which must be above 0 and finite",
			cfg.Start, cfg.Min, cfg.Max)
	}
	if !(cfg.Precision > 0 && cfg.Precision < 1) {
		return nil, fmt.Errorf("precision %g: it must lie between 0 and 1", cfg.Precision)
	}
	return &Search{cfg: cfg, candidate: cfg.Start, high: math.Inf(1)}, nil
}

// Next returns the load to observe next, or false when the search is done.
func (s *Search) Next() (float64, bool) { return s.candidate, !s.done }

// Observe tells whether the load that Next returned was sustained. It has no
// effect when the search is done.
func (s *Search) Observe(sustained bool) {
	if s.done {
		return
	}
	if sustained {
		s.passed++
	} else {
		s.failed++
	}
	switch {
	case s.passed == agree:
		s.low = s.candidate
	case s.failed == agree:
		s.high = s.candidate
	default:
		return
	}
	s.passed, s.failed = 0, 0
	s.move()
}

// move chooses the next candidate from what is known.
func (s *Search) move() {
	switch {
	case s.low >= s.cfg.Max, s.high <= s.cfg.Min, s.high/s.low <= 1+s.cfg.Precision:
		s.done = true
	case math.IsInf(s.high, 1):
		s.candidate = min(s.low*growth, s.cfg.Max)
	case s.low == 0:
		s.candidate = max(s.high/growth, s.cfg.Min)
	default:
		// The geometric mean halves the ratio, which is what the precision is about.
		s.candidate = math.Sqrt(s.low * s.high)
	}
}

// Result is what a search knows.
type Result struct {
	Sustained float64 // the highest load that was sustained; 0 if none was
	Failed    float64 // the lowest that was not; +Inf if none failed
	Done      bool    // false while the search goes on, or when it was cut short
}

// Result returns what is known so far.
func (s *Search) Result() Result { return Result{Sustained: s.low, Failed: s.high, Done: s.done} }
