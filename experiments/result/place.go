package result

import (
	"maps"
	"slices"
)

// Place is a load of a step.
type Place struct {
	Step string
	Load float64
}

// ByPlace are the points of all rounds by place, and the places in their order.
func (r *Result) ByPlace() (byPlace map[Place][]*Point, order []Place) {
	byPlace = map[Place][]*Point{}
	for i := range r.Rounds {
		for _, step := range r.stepNames(r.Rounds[i]) {
			points := r.Rounds[i].Points[step]
			for j := range points {
				at := Place{step, points[j].Load}
				if byPlace[at] == nil {
					order = append(order, at)
				}
				byPlace[at] = append(byPlace[at], &points[j])
			}
		}
	}
	return byPlace, order
}

// Series are the values of one figure over the points.
func Series(points []*Point, of func(*Point) float64) []float64 {
	var values []float64
	for _, p := range points {
		values = append(values, of(p))
	}
	return values
}

// stepNames are those of the round in the order of the definition.
func (r *Result) stepNames(round Round) []string {
	if len(r.Steps) == 0 {
		return slices.Sorted(maps.Keys(round.Points))
	}
	var names []string
	for _, step := range r.Steps {
		if len(round.Points[step.Name]) > 0 {
			names = append(names, step.Name)
		}
	}
	return names
}
