package experiments

import (
	"fmt"
	"math"
	"slices"
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
	Rounds  []Number `json:"rounds,omitempty"` // the value of each
}

// decide compares the value of each round with the bounds of that round. A bound
// that is itself measured varies with the value, so the distance between them has
// the interval that counts.
func (e *Evidence) decide(values, least, most []float64) {
	above := func(upper, lower []float64) Verdict {
		if lower == nil || upper == nil {
			return Holds
		}
		var distances []float64
		for i := range upper {
			distances = append(distances, upper[i]-lower[i])
		}
		switch _, low, high := interval(distances); {
		case low >= 0:
			return Holds
		case high < 0:
			return DoesNotHold
		}
		return NotSignificant
	}
	verdicts := []Verdict{above(values, least), above(most, values)}
	switch {
	case slices.Contains(verdicts, DoesNotHold):
		e.Verdict = DoesNotHold
	case slices.Contains(verdicts, NotSignificant):
		e.Verdict, e.Why = NotSignificant, "the interval reaches over a bound: more rounds or a quieter machine would tell"
	default:
		e.Verdict = Holds
	}
}

// judge sets the evidence and the verdict of r from its rounds.
func (d *Definition) judge(r *Result) {
	r.Evidence, r.Figures, r.Steps = nil, nil, d.described()
	scopes, err := d.scopes(r)
	if err == nil {
		r.Plot = d.drawing(r.Rounds[:len(scopes)], scopes)
	}
	missing := Number(math.NaN())
	for i := range d.Checks {
		e := Evidence{Name: d.Checks[i].Name, Value: d.Checks[i].Value, Verdict: Invalid, Mean: missing, Low: missing, High: missing}
		if err == nil {
			d.check(i, &e, scopes)
		} else {
			e.Why = err.Error()
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
	values, err := d.each(path+".value", scopes)
	if err != nil {
		e.Why = err.Error()
		return
	}
	mean, low, high := interval(values)
	e.Mean, e.Low, e.High, e.Rounds = Number(mean), Number(low), Number(high), numbers(values)
	bounds := [2][]float64{}
	for at, into := range []**float64{&e.Min, &e.Max} {
		if bounds[at], err = d.each(path+[]string{".min", ".max"}[at], scopes); err != nil {
			e.Why = err.Error()
			return
		}
		if bounds[at] != nil {
			mean, _, _ := interval(bounds[at])
			*into = &mean
		}
	}
	e.decide(values, bounds[0], bounds[1])
}

// each evaluates the expression at path in every round; nil if there is none.
func (d *Definition) each(path string, scopes []map[string]any) ([]float64, error) {
	program := d.programs[path]
	if program == nil {
		return nil, nil
	}
	var values []float64
	for _, scope := range scopes {
		value, err := evaluate(program, scope)
		if err != nil {
			return nil, err
		}
		values = append(values, value)
	}
	return values, nil
}

// complete reports whether every load of the round was measured.
func (d *Definition) complete(round Round) bool {
	for i := range d.Steps {
		if len(round.Points[d.Steps[i].Name]) < len(d.Steps[i].levels()) {
			return false
		}
	}
	return true
}

// scopes are what expressions see, round by round, with the figures; those go into r too.
func (d *Definition) scopes(r *Result) ([]map[string]any, error) {
	var scopes []map[string]any
	for _, round := range r.Rounds {
		if r.Interrupted && len(scopes) > 0 && !d.complete(round) {
			break // the rounds before it say something
		}
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
		r.Figures = append(r.Figures, Measured{
			Name: figure.Name, Unit: figure.Unit, Mean: Number(mean), Low: Number(low), High: Number(high), Rounds: numbers(values),
		})
	}
	return scopes, nil
}
