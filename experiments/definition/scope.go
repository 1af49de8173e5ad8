package definition

import (
	"loadlab/experiments/expression"
	"loadlab/experiments/result"
)

// Expression is the one at path in the file; nil if the file has none there.
func (d *Definition) Expression(path string) *expression.Expression { return d.expressions[path] }

// Scope is what expressions see: the constants, then the points of each step.
func (d *Definition) Scope(points map[string][]result.Point) map[string]any {
	scope := map[string]any{}
	for name, value := range d.Given {
		scope[name] = value
	}
	for i := range d.Steps {
		step := &d.Steps[i]
		measured := points[step.Name]
		if len(step.Levels()) == 1 {
			if len(measured) == 1 {
				scope[step.Name] = measured[0]
			} else {
				scope[step.Name] = result.Point{}
			}
			continue
		}
		scope[step.Name] = measured
	}
	return scope
}

// placeholder returns points as a run would, for the check at load.
func (d *Definition) placeholder() map[string][]result.Point {
	points := map[string][]result.Point{}
	for i := range d.Steps {
		for at, level := range d.Steps[i].Levels() {
			rising := 1 / (1 + float64(at)/10)
			points[d.Steps[i].Name] = append(points[d.Steps[i].Name], result.Point{
				Load: level, N: level, Wall: 1, Offered: 1, Rate: level * rising, Goodput: 1, Scheduled: 1, Completed: 1, OK: 1,
				Shed: 1, Mean: 1 / rising, ServiceP50: 1, ServiceP99: 1, P50: 1, P99: 1, OKP50: 1, OKP99: 1, Drained: 1, Queue: .1, CPU: .1, Wait: .1, Network: .1, Entry: .1, Blocked: .1, Unattributed: .1,
				ServerCPU: 1, Served: 1, ServerMemory: 1, ServerInFlight: 1,
			})
		}
	}
	return points
}
