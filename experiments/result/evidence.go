package result

import (
	"math"
)

// Evidence is a check with its measured values.
type Evidence struct {
	Name    string   `json:"name"`
	Value   string   `json:"expression"`
	Mean    Number   `json:"mean"`
	Low     Number   `json:"low"` // of the 95 % interval of the mean; equals Mean with one round
	High    Number   `json:"high"`
	Min     *float64 `json:"min,omitempty"`
	Max     *float64 `json:"max,omitempty"`
	Verdict Verdict  `json:"verdict"`
	Why     string   `json:"why,omitempty"`
	Rounds  []Number `json:"rounds,omitempty"` // the value of each
}

// Sentence says what was measured against what was wanted.
func (e *Evidence) Sentence() string {
	if math.IsNaN(float64(e.Mean)) || e.Verdict == Invalid {
		return e.Why
	}
	return Measured{Mean: e.Mean, Low: e.Low, High: e.High}.String() + ", wanted " + e.Wanted()
}

// Wanted is the range of the check in words.
func (e *Evidence) Wanted() string {
	switch {
	case e.Min != nil && e.Max != nil:
		return Number(*e.Min).String() + " to " + Number(*e.Max).String()
	case e.Min != nil:
		return "at least " + Number(*e.Min).String()
	case e.Max != nil:
		return "at most " + Number(*e.Max).String()
	}
	return ""
}
