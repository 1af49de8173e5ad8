package compare

import (
	"fmt"
	"math"

	"loadlab/experiments/confidence"
	"loadlab/experiments/result"
)

// Findings about a difference.
const (
	Higher    = "higher"          // in B, by more than the noise
	Lower     = "lower"           // in B, by more than the noise
	NoneFound = "not significant" // the noise is larger
	TooFew    = "too few rounds"  // one of the two has a single value, so that its noise is unknown
	OnlyOne   = "only in one"     // the other has no value
	Same      = "the same"        // both have this value in every round
)

// Difference is a number of two results side by side.
type Difference struct {
	Step    string // of a point; empty otherwise
	Load    float64
	Name    string
	Unit    string
	A, B    result.Measured
	Change  float64 // of the mean, B - A
	Low     float64 // of the 95 % interval of Change; NaN if there is none
	High    float64
	Finding string
}

// differ compares the values that the rounds of two results have.
func differ(name, unit string, a, b []float64) Difference {
	d := Difference{Name: name, Unit: unit, A: result.MeasuredOf(a), B: result.MeasuredOf(b), Change: math.NaN(), Low: math.NaN(), High: math.NaN()}
	if len(a) == 0 || len(b) == 0 {
		d.Finding = OnlyOne
		return d
	}
	var known bool
	d.Change, d.Low, d.High, known = confidence.Welch(a, b)
	switch {
	case !known:
		d.Finding = TooFew
	case d.Low > 0:
		d.Finding = Higher
	case d.High < 0:
		d.Finding = Lower
	case d.Low == 0 && d.High == 0:
		d.Finding = Same
	default:
		d.Finding = NoneFound
	}
	return d
}

// Significant reports whether the difference exceeds the noise.
func (d *Difference) Significant() bool { return d.Finding == Higher || d.Finding == Lower }

// Percent is the change with its interval in per cent of A's mean, in words;
// empty where there is none.
func (d *Difference) Percent() string {
	base := math.Abs(float64(d.A.Mean))
	if math.IsNaN(d.Change) || !(base > 0) {
		return ""
	}
	text := fmt.Sprintf("%+.1f %%", 100*d.Change/base)
	if !math.IsNaN(d.Low) {
		text += fmt.Sprintf(" (%+.1f to %+.1f)", 100*d.Low/base, 100*d.High/base)
	}
	return text
}

// Label names what is compared, with its unit.
func (d *Difference) Label() string {
	text := d.Name
	if d.Step != "" {
		text = fmt.Sprintf("%s at %g: %s", d.Step, d.Load, text)
	}
	if d.Unit != "" {
		text += " [" + d.Unit + "]"
	}
	return text
}
