package definition

import (
	"errors"
	"fmt"
	"slices"

	"github.com/expr-lang/expr/file"

	"loadlab/experiments/expression"
	"loadlab/experiments/result"
)

// expressions compiles every expression, then evaluates it over placeholders:
// an unknown name or an index past the end of a sweep is found before any load.
func (v *validator) expressions() {
	d := v.d
	d.expressions = map[string]*expression.Expression{}
	constants := map[string]any{}
	for name, value := range d.Given {
		constants[name] = value
	}
	for i, need := range d.Needs {
		for _, bound := range []struct{ key, text string }{{"equals", need.Equals}, {"min", need.Min}} {
			if bound.text != "" {
				v.compile(fmt.Sprintf("$.needs[%d].%s", i, bound.key), bound.text, constants)
			}
		}
	}
	scope := d.Scope(d.placeholder())
	for i, figure := range d.Figures {
		v.compile(fmt.Sprintf("$.figures[%d].value", i), figure.Value, scope)
		scope[figure.Name] = 1.0
	}
	for i, check := range d.Checks {
		path := fmt.Sprintf("$.checks[%d]", i)
		if check.Name == "" {
			v.bad(path+".name", "name is missing: it says what must hold")
		}
		if check.Min == "" && check.Max == "" {
			v.bad(path, "a check needs min or max")
		}
		v.compile(path+".value", check.Value, scope)
		for _, bound := range []struct{ key, text string }{{"min", check.Min}, {"max", check.Max}} {
			if bound.text != "" {
				v.compile(path+"."+bound.key, bound.text, scope)
			}
		}
	}
	v.plot(scope)
}

func (v *validator) plot(scope map[string]any) {
	p := v.d.Plot
	if p == nil {
		return
	}
	if !slices.ContainsFunc(v.d.Steps, func(s Step) bool { return s.Name == p.Step && len(s.Levels()) > 1 }) {
		v.bad("$.plot.step", "step must be the name of a step with several loads")
	}
	scope["x"] = 1.0
	scope["point"] = result.Point{N: 1, Load: 1, Rate: 1, Mean: 1}
	v.compile("$.plot.x", "point."+p.X, scope)
	v.compile("$.plot.y", "point."+p.Y, scope)
	if p.Theory != "" {
		v.compile("$.plot.theory", p.Theory, scope)
	}
}

func (v *validator) compile(path, text string, scope map[string]any) {
	if text == "" {
		v.bad(path, "the expression is missing")
		return
	}
	compiled, err := expression.Compile(text, scope)
	if err == nil {
		v.d.expressions[path] = compiled
		_, err = compiled.Evaluate(scope)
		// Placeholders may divide by zero; only a run can tell.
		if errors.Is(err, expression.ErrMissing) {
			err = nil
		}
	}
	if err != nil {
		v.wrongExpression(path, err)
	}
}

// wrongExpression adds the place within the expression to that of the expression.
func (v *validator) wrongExpression(path string, err error) {
	line, column, scalar := position(v.tree, path)
	what := err.Error()
	var located *file.Error
	if errors.As(err, &located) {
		what = located.Message
		if scalar && located.Line == 1 {
			column += located.Column
		}
	}
	v.problems = append(v.problems, Problem{line, column, what})
}
