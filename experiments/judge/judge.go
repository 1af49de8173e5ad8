// Package judge draws the conclusion of an experiment from its measurements.
package judge

import (
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"

	"loadlab/experiments/confidence"
	"loadlab/experiments/definition"
	"loadlab/experiments/result"
)

// invalidPoints says which points the generator's health gate refused.
func invalidPoints(r *result.Result) []string {
	var out []string
	for at, round := range r.Rounds {
		for _, name := range slices.Sorted(maps.Keys(round.Points)) {
			for i := range round.Points[name] {
				if p := &round.Points[name][i]; !p.Valid {
					out = append(out, fmt.Sprintf("round %d, %s at %g: %s", at+1, name, p.Load, strings.Join(p.Reasons, ", ")))
				}
			}
		}
	}
	return out
}

// decide compares the value of each round with the bounds of that round. A bound
// that is itself measured varies with the value, so the distance between them has
// the interval that counts.
func decide(e *result.Evidence, values, least, most []float64) {
	above := func(upper, lower []float64) result.Verdict {
		if lower == nil || upper == nil {
			return result.Holds
		}
		var distances []float64
		for i := range upper {
			distances = append(distances, upper[i]-lower[i])
		}
		switch _, low, high := confidence.Interval(distances); {
		case low >= 0:
			return result.Holds
		case high < 0:
			return result.DoesNotHold
		}
		return result.NotSignificant
	}
	verdicts := []result.Verdict{above(values, least), above(most, values)}
	switch {
	case slices.Contains(verdicts, result.DoesNotHold):
		e.Verdict = result.DoesNotHold
	case slices.Contains(verdicts, result.NotSignificant):
		e.Verdict, e.Why = result.NotSignificant, "the interval straddles a bound: more rounds or a quieter machine would tell"
	default:
		e.Verdict = result.Holds
	}
}

// Result sets the evidence and the verdict of r from its rounds.
func Result(d *definition.Definition, r *result.Result) {
	r.Evidence, r.Figures, r.Steps = nil, nil, d.Describe()
	scopes, err := scopesOf(d, r)
	if err == nil {
		r.Plot = drawing(d, r.Rounds[:len(scopes)], scopes)
	}
	missing := result.Number(math.NaN())
	for i := range d.Checks {
		e := result.Evidence{Name: d.Checks[i].Name, Value: d.Checks[i].Value, Verdict: result.Invalid, Mean: missing, Low: missing, High: missing}
		if err == nil {
			check(d, i, &e, scopes)
		} else {
			e.Why = err.Error()
		}
		r.Evidence = append(r.Evidence, e)
	}
	r.Verdict, r.Reasons = verdict(r, err)
}

func verdict(r *result.Result, err error) (result.Verdict, []string) {
	switch {
	case len(r.Unmet) > 0:
		return result.Invalid, r.Unmet
	case r.Interrupted:
		return result.Incomplete, []string{"the run was interrupted; what was measured until then is kept"}
	case err != nil:
		return result.Invalid, []string{err.Error()}
	}
	if reasons := invalidPoints(r); len(reasons) > 0 {
		return result.Invalid, reasons
	}
	for _, worst := range []result.Verdict{result.Invalid, result.DoesNotHold, result.NotSignificant} {
		var reasons []string
		for i := range r.Evidence {
			if e := &r.Evidence[i]; e.Verdict == worst {
				reasons = append(reasons, fmt.Sprintf("%s: %s", e.Name, e.Sentence()))
			}
		}
		if len(reasons) > 0 {
			return worst, reasons
		}
	}
	return result.Holds, nil
}

// check evaluates check i in every round.
func check(d *definition.Definition, i int, e *result.Evidence, scopes []map[string]any) {
	path := fmt.Sprintf("$.checks[%d]", i)
	values, err := each(d, path+".value", scopes)
	if err != nil {
		e.Why = err.Error()
		return
	}
	m := result.MeasuredOf(values)
	e.Mean, e.Low, e.High, e.Rounds = m.Mean, m.Low, m.High, m.Rounds
	bounds := [2][]float64{}
	for at, into := range []**float64{&e.Min, &e.Max} {
		if bounds[at], err = each(d, path+[]string{".min", ".max"}[at], scopes); err != nil {
			e.Why = err.Error()
			return
		}
		if bounds[at] != nil {
			mean, _, _ := confidence.Interval(bounds[at])
			*into = &mean
		}
	}
	decide(e, values, bounds[0], bounds[1])
}
