package judge

import (
	"math"

	"loadlab/experiments/confidence"
	"loadlab/experiments/definition"
	"loadlab/experiments/result"
)

// axis is a field of a point with its unit on a plot.
type axis struct {
	label string
	scale float64
}

// axisOf knows the fields that plots are made of. Times are drawn in milliseconds.
func axisOf(field string) axis {
	known := map[string]axis{
		"load":          {"load as the step states it", 1},
		"n":             {"mean number of requests in flight", 1},
		"offered":       {"offered rate, requests/s", 1},
		"rate":          {"throughput, requests/s", 1},
		"goodput":       {"goodput, requests/s", 1},
		"server_cpu":    {"CPU time of the server, cores", 1},
		"server_memory": {"resident memory of the server, MiB", 1.0 / (1 << 20)},
		"mean":          {"mean service time, ms", 1e3},
		"service_p50":   {"median service time, ms", 1e3},
		"service_p99":   {"service time p99, ms", 1e3},
		"p50":           {"median response time, ms", 1e3},
		"p99":           {"response time p99, ms", 1e3},
		"queue":         {"mean time in the queue, ms", 1e3},
		"cpu":           {"mean CPU time, ms", 1e3},
		"wait":          {"mean time waited, ms", 1e3},
		"wall":          {"wall time, ms", 1e3},
	}
	if a, ok := known[field]; ok {
		return a
	}
	return axis{field, 1}
}

// drawing evaluates the plot of the definition over the rounds; nil if there is none.
func drawing(d *definition.Definition, rounds []result.Round, scopes []map[string]any) *result.Drawing {
	if d.Plot == nil || len(scopes) == 0 {
		return nil
	}
	x, y := axisOf(d.Plot.X), axisOf(d.Plot.Y)
	drawn := &result.Drawing{Step: d.Plot.Step, X: x.label, Y: y.label}
	byLoad, order := (&result.Result{Rounds: rounds, Steps: d.Describe()}).ByPlace()
	furthest := 0.0
	for _, at := range order {
		if at.Step != d.Plot.Step {
			continue
		}
		xs, okX := along(d, "$.plot.x", byLoad[at])
		ys, okY := along(d, "$.plot.y", byLoad[at])
		if !okX || !okY {
			continue
		}
		meanX, _, _ := confidence.Interval(xs)
		meanY, low, high := confidence.Interval(ys)
		furthest = max(furthest, meanX)
		drawn.Points = append(drawn.Points, result.Dot{
			X: result.Number(x.scale * meanX), Y: result.Number(y.scale * meanY), Low: result.Number(y.scale * low), High: result.Number(y.scale * high),
		})
	}
	if len(drawn.Points) == 0 {
		return nil
	}
	drawn.Theory = theoryLine(d, scopes, furthest, x.scale, y.scale)
	return drawn
}

// along evaluates the expression at path over points.
func along(d *definition.Definition, path string, points []*result.Point) ([]float64, bool) {
	var values []float64
	for _, p := range points {
		value, err := d.Expression(path).Evaluate(map[string]any{"point": *p})
		if err != nil {
			return nil, false
		}
		values = append(values, value)
	}
	return values, true
}

const theorySteps = 200 // segments of the theory line

// theoryLine is the mean of the rounds' theories from 0 to a little past the furthest point.
func theoryLine(d *definition.Definition, scopes []map[string]any, furthest, scaleX, scaleY float64) []result.Vertex {
	program := d.Expression("$.plot.theory")
	if program == nil {
		return nil
	}
	var line []result.Vertex
	for i := range theorySteps + 1 {
		x := 1.05 * furthest * float64(i) / theorySteps
		var sum float64
		for _, scope := range scopes {
			scope["x"] = x
			y, err := program.Evaluate(scope)
			if err != nil {
				y = math.NaN()
			}
			sum += y / float64(len(scopes))
		}
		if !math.IsNaN(sum) && !math.IsInf(sum, 0) {
			line = append(line, result.Vertex{X: result.Number(scaleX * x), Y: result.Number(scaleY * sum)})
		}
	}
	return line
}
