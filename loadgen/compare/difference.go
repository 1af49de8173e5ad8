package compare

// Finding says how a figure differs.
type Finding string

// The findings. Unclear is an interval that reaches over the tolerance: more requests would decide it.
const (
	Better  Finding = "better"
	Same    Finding = "same"
	Worse   Finding = "worse"
	Unclear Finding = "unclear"
	TooFew  Finding = "too few requests"
)

// Difference is one figure in both runs.
type Difference struct {
	Name          string
	Baseline, Now float64 // in seconds, or as a share
	Change        float64 // relative for times, a difference for shares
	Low, High     float64 // interval of the change
	Finding       Finding
	IsShare       bool
}

// judge sets the finding by the interval: of interest is whether the figure grew by more than tolerance.
func (d *Difference) judge(tolerance float64) {
	switch {
	case d.Low > tolerance:
		d.Finding = Worse
	case d.High < -tolerance:
		d.Finding = Better
	case d.High <= tolerance:
		d.Finding = Same
	default:
		d.Finding = Unclear
	}
}
