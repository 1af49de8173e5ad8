// Package expression computes numbers from the points that a run has measured.
package expression

import (
	"errors"
	"fmt"
	"math"

	"github.com/expr-lang/expr"
	"github.com/expr-lang/expr/vm"
)

// maxNodes bounds an expression, so that a file cannot keep the compiler busy.
const maxNodes = 500

// Expression computes a number from what a run has measured.
type Expression struct{ program *vm.Program }

// Compile reads an expression over the names of scope, whose values give their
// types. The error is the library's, with the place in the text.
func Compile(text string, scope map[string]any) (*Expression, error) {
	program, err := expr.Compile(text, append(theory(), expr.Env(scope), expr.AsFloat64())...)
	if err != nil {
		return nil, err
	}
	return &Expression{program}, nil
}

// ErrMissing means that an expression gave no number.
var ErrMissing = errors.New("a value is missing")

// Evaluate computes the expression over scope, which has the names and types that
// it was compiled with. The error is ErrMissing where the result is not finite.
func (e *Expression) Evaluate(scope map[string]any) (float64, error) {
	out, err := expr.Run(e.program, scope)
	if err != nil {
		return 0, fmt.Errorf("evaluate: %w", err)
	}
	value, ok := out.(float64)
	if !ok || math.IsNaN(value) || math.IsInf(value, 0) {
		return 0, ErrMissing
	}
	return value, nil
}
