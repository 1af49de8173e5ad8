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

func Compile(text string, scope map[string]any) (*Expression, error) {
	program, err := expr.Compile(text, append(theory(), expr.Env(scope), expr.AsFloat64())...)
	if err != nil {
		return nil, err
	}
	return &Expression{program}, nil
}

// ErrMissing means that an expression gave no number.
var ErrMissing = errors.New("a value is missing")

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
