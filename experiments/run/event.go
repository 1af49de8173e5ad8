package run

import (
	"fmt"
	"time"

	"loadlab/experiments/result"
)

// Event is something that happens while an experiment runs; one of its parts is set.
type Event struct {
	Run      string       `json:"run"` // the Result's ID
	Next     *Progress    `json:"next,omitempty"`
	Measured *Measurement `json:"measured,omitempty"`
	Ended    *Ending      `json:"ended,omitempty"`
}

// Progress is what is measured next.
type Progress struct {
	Round  int     `json:"round"` // from 1
	Rounds int     `json:"rounds"`
	Step   string  `json:"step"`
	Load   float64 `json:"load"`
	Done   int     `json:"done"` // loads that were measured
	All    int     `json:"all"`
	Left   float64 `json:"left_s"` // about how long all the loads still to come will take
}

// String is the progress in words.
func (p Progress) String() string {
	return fmt.Sprintf("round %d of %d, %s at %g", p.Round, p.Rounds, p.Step, p.Load)
}

// TimeLeft is Left as a duration.
func (p Progress) TimeLeft() time.Duration { return time.Duration(p.Left * float64(time.Second)) }

// Measurement is a load that was measured.
type Measurement struct {
	Round int          `json:"round"`
	Step  string       `json:"step"`
	Point result.Point `json:"point"`
}

// Ending is how a run ended.
type Ending struct {
	Verdict result.Verdict `json:"verdict"`
	Answer  string         `json:"answer"`
}
