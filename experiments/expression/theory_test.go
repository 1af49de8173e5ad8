package expression_test

import (
	"math"
	"testing"

	"loadlab/experiments/expression"
)

// One server at a utilisation of 0.8: 80 requests a second of 10 ms each.
func TestQueueingFunctions(t *testing.T) {
	scope := map[string]any{"rate": 80.0, "service": 0.01}
	for text, want := range map[string]float64{
		"mm1_wait(rate, service)":                      0.04,
		"md1_wait(rate, service)":                      0.02,
		"mg1_wait(rate, service, 1)":                   0.04,
		"mg1_wait(rate, service, 0)":                   0.02,
		"mm1_wait_quantile(rate, service, 0.99)":       math.Log(80) / 20,
		"mm1_wait_quantile(rate, service, 0.1)":        0,
		"md1_wait_quantile(rate, service, 0.99)":       math.Log(80) / 40,
		"mg1_wait_quantile(rate, service, 0.99, 1)":    math.Log(80) / 20,
		"1000 * mg1_wait_quantile(80, 0.01, 0.99, 0)":  1000 * math.Log(80) / 40,
		"mm1_wait(2 * rate, service) > 1 ? 1.0 : 0.0 ": 1,
	} {
		compiled, err := expression.Compile(text, scope)
		if err != nil {
			t.Errorf("%s: %v", text, err)
			continue
		}
		if got, err := compiled.Evaluate(scope); err != nil || math.Abs(got-want) > 1e-9 {
			t.Errorf("%s = %g, %v; want %g", text, got, err, want)
		}
	}
	for _, text := range []string{"mm1_wait(rate)", "mg1_wait(rate, service)", "mm1_wait_quantile(rate, service)", `mm1_wait("a", service)`} {
		if _, err := expression.Compile(text, scope); err == nil {
			t.Errorf("%s is accepted", text)
		}
	}
}
