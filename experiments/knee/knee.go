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
	Precision float64 // width of the answer relative to it; 0 means 0.01
}

const (
	defaultPrecision = 0.01
	growth           = 2 // factor of the exponential search
	agree            = 2 // equal observations that settle a candidate
	patience         = 3 // disturbed observations after which a candidate counts as out of the generator's reach
)

// Observation is what one measurement of a candidate says.
type Observation int

// The observations.
const (
	Failed    Observation = iota // the service did not sustain the load
	Sustained                    // it did
	Disturbed                    // neither: the generator could not offer the load as it should
)

// End is why a search is over.
type End int

// The ends.
const (
	Searching    End = iota // it is not over
	Found                   // the limit lies between two loads, one of which was sustained and the other not
	AboveMax                // even Max was sustained
	BelowMin                // not even Min was sustained
	Unobservable            // the generator could not offer what is above the highest load that was sustained
)

// Search is the state machine: one observation in, the next candidate out. It
// has no clock and sends nothing.
//
//	          sustained: candidate × 2              sustained: low = candidate
//	          ┌──────────┐                          ┌──────────┐
//	start ──▶ growing ───┘── first failure ──▶ bisecting ──────┘──▶ done when
//	          │  ▲                                  │  ▲            high/low ≤ 1+precision
//	          └──┘ fails: candidate / 2             └──┘ fails: high = candidate
//
// Every candidate is observed until two observations agree: two or three times.
// One that was disturbed three times counts as failed, by the generator.
type Search struct {
	cfg       Config
	candidate float64
	low, high float64 // the highest that was sustained, the lowest that was not; 0 and +Inf at first
	beyond    bool    // what failed at high was the generator
	seen      [Disturbed + 1]int
	end       End
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
func (s *Search) Next() (float64, bool) { return s.candidate, s.end == Searching }

// Observe takes the observation of the load that Next returned. It has no effect
// when the search is done.
func (s *Search) Observe(o Observation) {
	if s.end != Searching || o < Failed || o > Disturbed {
		return
	}
	s.seen[o]++
	switch {
	case s.seen[Sustained] == agree:
		s.low = s.candidate
	case s.seen[Failed] == agree:
		s.high, s.beyond = s.candidate, false
	case s.seen[Disturbed] == patience:
		s.high, s.beyond = s.candidate, true
	default:
		return
	}
	s.seen = [Disturbed + 1]int{}
	s.move()
}

// move chooses the next candidate from what is known, or ends the search.
func (s *Search) move() {
	switch {
	case s.low >= s.cfg.Max:
		s.end = AboveMax
	case (s.high <= s.cfg.Min || s.enclosed()) && s.beyond:
		s.end = Unobservable
	case s.high <= s.cfg.Min:
		s.end = BelowMin
	case s.enclosed():
		s.end = Found
	case math.IsInf(s.high, 1):
		s.candidate = min(s.low*growth, s.cfg.Max)
	case s.low == 0:
		s.candidate = max(s.high/growth, s.cfg.Min)
	default:
		// The geometric mean halves the ratio, which is what the precision is about.
		s.candidate = math.Sqrt(s.low * s.high)
	}
}

func (s *Search) enclosed() bool { return s.high/s.low <= 1+s.cfg.Precision }

// Left estimates how many observations are still to come, if each agrees with
// the one before it and, while the search grows, the next candidate fails.
func (s *Search) Left() int {
	if s.end != Searching {
		return 0
	}
	ratio := s.high / s.low
	candidates := 0
	if math.IsInf(ratio, 1) {
		ratio, candidates = growth, 1
	}
	left := agree*(candidates+s.halvings(ratio)) - s.seen[Sustained] - s.seen[Failed]
	return max(left, 1)
}

// halvings is how often a ratio of two bounds is halved until it is within the precision.
func (s *Search) halvings(ratio float64) int {
	return max(0, int(math.Ceil(math.Log2(math.Log(ratio)/math.Log1p(s.cfg.Precision)))))
}

// Result is what a search knows.
type Result struct {
	Sustained float64 // the highest load that was sustained; 0 if none was
	Failed    float64 // the lowest that was not; +Inf if none failed
	End       End     // Searching also when it was cut short
}

// Result returns what is known so far.
func (s *Search) Result() Result { return Result{Sustained: s.low, Failed: s.high, End: s.end} }
