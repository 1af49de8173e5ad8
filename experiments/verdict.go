package experiments

import (
	"fmt"
	"math"
)

// Verdict is what an experiment ends in.
type Verdict string

// The verdicts.
const (
	Holds          Verdict = "holds"
	DoesNotHold    Verdict = "does not hold"
	NotSignificant Verdict = "not significant" // the interval reaches over a bound
	Invalid        Verdict = "invalid"         // the measurement cannot be trusted
	Incomplete     Verdict = "incomplete"      // the run was interrupted
)

// ExitCode is what a command that ran the experiment exits with.
func (v Verdict) ExitCode() int {
	switch v {
	case Holds:
		return 0
	case DoesNotHold, NotSignificant:
		return 3
	case Invalid:
		return 4
	}
	return 1
}

// Evidence is a check with what was measured.
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
}

// studentT are the 97.5 % quantiles of Student's distribution by degrees of
// freedom from 1, as any table of it has them.
var studentT = [MaxRepeats - 1]float64{12.7062, 4.3027, 3.1824, 2.7764, 2.5706, 2.4469, 2.3646, 2.3060, 2.2622}

// interval is the mean of at most MaxRepeats values with its 95 % confidence interval.
func interval(values []float64) (mean, low, high float64) {
	n := float64(len(values))
	for _, v := range values {
		mean += v // divided at the end, so that equal whole numbers have themselves as their mean
	}
	mean /= n
	if len(values) < 2 {
		return mean, mean, mean
	}
	var squares float64
	for _, v := range values {
		squares += (v - mean) * (v - mean)
	}
	half := studentT[len(values)-2] * math.Sqrt(squares/(n-1)/n)
	return mean, mean - half, mean + half
}

// decide compares the interval with the bounds.
func (e *Evidence) decide() {
	low, high := math.Inf(-1), math.Inf(1)
	if e.Min != nil {
		low = *e.Min
	}
	if e.Max != nil {
		high = *e.Max
	}
	switch {
	case float64(e.Low) >= low && float64(e.High) <= high:
		e.Verdict = Holds
	case float64(e.High) < low || float64(e.Low) > high:
		e.Verdict = DoesNotHold
	default:
		e.Verdict, e.Why = NotSignificant, "the interval reaches over a bound: more rounds or a quieter machine would tell"
	}
}

// judge sets the evidence and the verdict of r from its rounds.
func (d *Definition) judge(r *Result) {
	r.Evidence, r.Figures = nil, nil
	scopes, err := d.scopes(r)
	for i := range d.Checks {
		e := Evidence{Name: d.Checks[i].Name, Value: d.Checks[i].Value, Verdict: Invalid}
		if err == nil {
			d.check(i, &e, scopes)
		}
		r.Evidence = append(r.Evidence, e)
	}
	r.Verdict, r.Reasons = d.verdict(r, err)
}

func (d *Definition) verdict(r *Result, err error) (Verdict, []string) {
	switch {
	case len(r.Unmet) > 0:
		return Invalid, r.Unmet
	case r.Interrupted:
		return Incomplete, []string{"the run was interrupted; what was measured until then is kept"}
	case err != nil:
		return Invalid, []string{err.Error()}
	}
	if reasons := r.invalidPoints(); len(reasons) > 0 {
		return Invalid, reasons
	}
	for _, worst := range []Verdict{Invalid, DoesNotHold, NotSignificant} {
		var reasons []string
		for i := range r.Evidence {
			if e := &r.Evidence[i]; e.Verdict == worst {
				reasons = append(reasons, fmt.Sprintf("%s: %s", e.Name, e.sentence()))
			}
		}
		if len(reasons) > 0 {
			return worst, reasons
		}
	}
	return Holds, nil
}

// check evaluates check i in every round.
func (d *Definition) check(i int, e *Evidence, scopes []map[string]any) {
	path := fmt.Sprintf("$.checks[%d]", i)
	var values []float64
	for _, scope := range scopes {
		value, err := evaluate(d.programs[path+".value"], scope)
		if err != nil {
			e.Why = err.Error()
			return
		}
		values = append(values, value)
	}
	mean, low, high := interval(values)
	e.Mean, e.Low, e.High = Number(mean), Number(low), Number(high)
	for _, bound := range []struct {
		key  string
		into **float64
	}{{".min", &e.Min}, {".max", &e.Max}} {
		program := d.programs[path+bound.key]
		if program == nil {
			continue
		}
		var sum float64
		for _, scope := range scopes {
			value, err := evaluate(program, scope)
			if err != nil {
				e.Why = err.Error()
				return
			}
			sum += value
		}
		mean := sum / float64(len(scopes))
		*bound.into = &mean
	}
	e.decide()
}

// scopes are what expressions see, round by round, with the figures; those go into r too.
func (d *Definition) scopes(r *Result) ([]map[string]any, error) {
	var scopes []map[string]any
	for _, round := range r.Rounds {
		scopes = append(scopes, d.scope(round.Points))
	}
	if len(scopes) == 0 {
		return nil, errMissing
	}
	for i, figure := range d.Figures {
		var values []float64
		for _, scope := range scopes {
			value, err := evaluate(d.programs[fmt.Sprintf("$.figures[%d].value", i)], scope)
			if err != nil {
				return nil, fmt.Errorf("figure %s: %w", figure.Name, err)
			}
			scope[figure.Name] = value
			values = append(values, value)
		}
		mean, low, high := interval(values)
		r.Figures = append(r.Figures, Measured{Name: figure.Name, Unit: figure.Unit, Mean: Number(mean), Low: Number(low), High: Number(high)})
	}
	return scopes, nil
}
