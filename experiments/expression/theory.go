package expression

import (
	"github.com/expr-lang/expr"

	"loadlab/experiments/queueing"
	"loadlab/experiments/result"
	"loadlab/experiments/usl"
)

// theory are the functions of expressions in addition to the library's own.
func theory() []expr.Option {
	return []expr.Option{
		expr.MaxNodes(maxNodes),
		expr.Function("sigma", func(args ...any) (any, error) {
			fit, err := fitUSL(args[0].([]result.Point))
			return fit.Sigma, err
		}, new(func([]result.Point) float64)),
		expr.Function("kappa", func(args ...any) (any, error) {
			fit, err := fitUSL(args[0].([]result.Point))
			return fit.Kappa, err
		}, new(func([]result.Point) float64)),
		expr.Function("md1_wait", func(args ...any) (any, error) {
			return server(args).MeanWaitMDc(), nil
		}, new(func(rate, service float64) float64)),
		expr.Function("mm1_wait", func(args ...any) (any, error) {
			return server(args).MeanWaitMMc(), nil
		}, new(func(rate, service float64) float64)),
		expr.Function("mg1_wait", func(args ...any) (any, error) {
			return server(args).MeanWaitMG1(args[2].(float64)), nil
		}, new(func(rate, service, squaredCV float64) float64)),
		expr.Function("md1_wait_quantile", func(args ...any) (any, error) {
			return server(args).WaitQuantileMDc(args[2].(float64)), nil
		}, new(func(rate, service, q float64) float64)),
		expr.Function("mm1_wait_quantile", func(args ...any) (any, error) {
			return server(args).WaitQuantileMMc(args[2].(float64)), nil
		}, new(func(rate, service, q float64) float64)),
		expr.Function("mg1_wait_quantile", func(args ...any) (any, error) {
			return server(args).WaitQuantileMG1(args[2].(float64), args[3].(float64)), nil
		}, new(func(rate, service, q, squaredCV float64) float64)),
		expr.Function("latency_linearity", func(args ...any) (any, error) {
			return latencyLinearity(args[0].([]result.Point)), nil
		}, new(func([]result.Point) float64)),
	}
}

// server is the one server whose arrival rate and service time are the first arguments.
func server(args []any) queueing.System {
	return queueing.System{Servers: 1, Arrival: args[0].(float64), Service: args[1].(float64)}
}

func fitUSL(points []result.Point) (usl.Fit, error) {
	var measured []usl.Point
	for i := range points {
		measured = append(measured, usl.Point{N: points[i].N, X: points[i].Rate})
	}
	return usl.New(measured)
}

// latencyLinearity is R², the share of the variance of the mean service time
// that a straight line over the mean number in flight explains.
func latencyLinearity(points []result.Point) float64 {
	var n, sx, sy, sxx, syy, sxy float64
	for i := range points {
		x, y := points[i].N, points[i].Mean
		n, sx, sy, sxx, syy, sxy = n+1, sx+x, sy+y, sxx+x*x, syy+y*y, sxy+x*y
	}
	covariance := n*sxy - sx*sy
	return covariance * covariance / ((n*sxx - sx*sx) * (n*syy - sy*sy))
}
