package judge

import (
	"fmt"

	"loadlab/experiments/definition"
	"loadlab/experiments/expression"
	"loadlab/experiments/result"
)

// each evaluates the expression at path in every round; nil if there is none.
func each(d *definition.Definition, path string, scopes []map[string]any) ([]float64, error) {
	program := d.Expression(path)
	if program == nil {
		return nil, nil
	}
	var values []float64
	for _, scope := range scopes {
		value, err := program.Evaluate(scope)
		if err != nil {
			return nil, err
		}
		values = append(values, value)
	}
	return values, nil
}

// complete reports whether every load of the round was measured.
func complete(d *definition.Definition, round result.Round) bool {
	for i := range d.Steps {
		if len(round.Points[d.Steps[i].Name]) < len(d.Steps[i].Levels()) {
			return false
		}
	}
	return true
}

// scopesOf returns what expressions see, round by round, with the figures; those go into r too.
func scopesOf(d *definition.Definition, r *result.Result) ([]map[string]any, error) {
	var scopes []map[string]any
	for _, round := range r.Rounds {
		if r.Interrupted && len(scopes) > 0 && !complete(d, round) {
			break // the rounds before it say something
		}
		scopes = append(scopes, d.Scope(round.Points))
	}
	if len(scopes) == 0 {
		return nil, expression.ErrMissing
	}
	for i, figure := range d.Figures {
		var values []float64
		for _, scope := range scopes {
			value, err := d.Expression(fmt.Sprintf("$.figures[%d].value", i)).Evaluate(scope)
			if err != nil {
				return nil, fmt.Errorf("figure %s: %w", figure.Name, err)
			}
			scope[figure.Name] = value
			values = append(values, value)
		}
		m := result.MeasuredOf(values)
		m.Name, m.Unit = figure.Name, figure.Unit
		r.Figures = append(r.Figures, m)
	}
	return scopes, nil
}
