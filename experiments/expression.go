package experiments

import (
	"errors"
	"fmt"
	"math"

	"github.com/expr-lang/expr"
	"github.com/expr-lang/expr/vm"

	"loadlab/experiments/queueing"
	"loadlab/experiments/usl"
)

// maxNodes bounds an expression, so that a file cannot keep the compiler busy.
const maxNodes = 500

// programs are the compiled expressions of a definition, by path in its file.
type programs map[string]*vm.Program

// theory are the functions of expressions beside the library's own.
func theory() []expr.Option {
	return []expr.Option{
		expr.MaxNodes(maxNodes),
		expr.Function("sigma", func(args ...any) (any, error) {
			fit, err := fitUSL(args[0].([]Point))
			return fit.Sigma, err
		}, new(func([]Point) float64)),
		expr.Function("kappa", func(args ...any) (any, error) {
			fit, err := fitUSL(args[0].([]Point))
			return fit.Kappa, err
		}, new(func([]Point) float64)),
		expr.Function("md1_wait", func(args ...any) (any, error) {
			return queueing.System{Servers: 1, Arrival: args[0].(float64), Service: args[1].(float64)}.MeanWaitMDc(), nil
		}, new(func(float64, float64) float64)),
		expr.Function("mm1_wait", func(args ...any) (any, error) {
			return queueing.System{Servers: 1, Arrival: args[0].(float64), Service: args[1].(float64)}.MeanWaitMMc(), nil
		}, new(func(float64, float64) float64)),
		expr.Function("latency_linearity", func(args ...any) (any, error) {
			return latencyLinearity(args[0].([]Point)), nil
		}, new(func([]Point) float64)),
	}
}

func fitUSL(points []Point) (usl.Fit, error) {
	var measured []usl.Point
	for i := range points {
		measured = append(measured, usl.Point{N: points[i].N, X: points[i].Rate})
	}
	return usl.New(measured)
}

// latencyLinearity is R², the share of the variance of the mean service time
// that a straight line over the mean number in flight explains.
func latencyLinearity(points []Point) float64 {
	var n, sx, sy, sxx, syy, sxy float64
	for i := range points {
		x, y := points[i].N, points[i].Mean
		n, sx, sy, sxx, syy, sxy = n+1, sx+x, sy+y, sxx+x*x, syy+y*y, sxy+x*y
	}
	covariance := n*sxy - sx*sy
	return covariance * covariance / ((n*sxx - sx*sx) * (n*syy - sy*sy))
}

// scope is what expressions see: the constants, then the points of each step.
func (d *Definition) scope(points map[string][]Point) map[string]any {
	scope := map[string]any{}
	for name, value := range d.Given {
		scope[name] = value
	}
	for i := range d.Steps {
		step := &d.Steps[i]
		measured := points[step.Name]
		if len(step.levels()) == 1 {
			if len(measured) == 1 {
				scope[step.Name] = measured[0]
			} else {
				scope[step.Name] = Point{}
			}
			continue
		}
		scope[step.Name] = measured
	}
	return scope
}

// placeholder returns points as a run would, for the check at load.
func (d *Definition) placeholder() map[string][]Point {
	points := map[string][]Point{}
	for i := range d.Steps {
		for at, level := range d.Steps[i].levels() {
			rising := 1 / (1 + float64(at)/10)
			points[d.Steps[i].Name] = append(points[d.Steps[i].Name], Point{
				Load: level, N: level, Wall: 1, Offered: 1, Rate: level * rising, Goodput: 1, Scheduled: 1, Completed: 1, OK: 1,
				Shed: 1, Mean: 1 / rising, ServiceP50: 1, ServiceP99: 1, P50: 1, P99: 1, Queue: .1, CPU: .1, Wait: .1, Network: .1, Entry: .1, Blocked: .1, Unattributed: .1,
				ServerCPU: 1, Served: 1,
			})
		}
	}
	return points
}

// errMissing means that an expression gave no number.
var errMissing = errors.New("a value is missing")

func evaluate(program *vm.Program, scope map[string]any) (float64, error) {
	out, err := expr.Run(program, scope)
	if err != nil {
		return 0, fmt.Errorf("evaluate: %w", err)
	}
	value, ok := out.(float64)
	if !ok || math.IsNaN(value) || math.IsInf(value, 0) {
		return 0, errMissing
	}
	return value, nil
}
