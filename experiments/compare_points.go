package experiments

import (
	"fmt"
	"maps"
	"slices"
)

// column is a figure of a point that is compared.
type column struct {
	name, unit string
	of         func(*Point) float64
}

func columns() []column {
	all := []column{
		{"in flight", "", func(p *Point) float64 { return p.N }},
		{"rate", "/s", func(p *Point) float64 { return p.Rate }},
		{"goodput", "/s", func(p *Point) float64 { return p.Goodput }},
		{"response p50", "ms", func(p *Point) float64 { return perThousand * p.P50 }},
		{"response p99", "ms", func(p *Point) float64 { return perThousand * p.P99 }},
	}
	for _, part := range parts() {
		all = append(all, column{part.name, "ms", func(p *Point) float64 { return perThousand * part.of(p) }})
	}
	return all
}

// place is a load of a step.
type place struct {
	step string
	load float64
}

// gathered are the points of all rounds by place, and the places in their order.
func gathered(r *Result) (byPlace map[place][]*Point, order []place) {
	byPlace = map[place][]*Point{}
	for i := range r.Rounds {
		for _, step := range r.stepNames(r.Rounds[i]) {
			points := r.Rounds[i].Points[step]
			for j := range points {
				at := place{step, points[j].Load}
				if byPlace[at] == nil {
					order = append(order, at)
				}
				byPlace[at] = append(byPlace[at], &points[j])
			}
		}
	}
	return byPlace, order
}

func series(points []*Point, of func(*Point) float64) []float64 {
	var values []float64
	for _, p := range points {
		values = append(values, of(p))
	}
	return values
}

// points compares the loads that both results have, and notes the others.
func (c *Comparison) points() {
	a, order := gathered(c.A)
	b, others := gathered(c.B)
	for _, at := range order {
		if b[at] == nil {
			c.Notes = append(c.Notes, fmt.Sprintf("only A has %s at %g", at.step, at.load))
			continue
		}
		for _, column := range columns() {
			d := differ(column.name, column.unit, series(a[at], column.of), series(b[at], column.of))
			if d.A.Mean == 0 && d.B.Mean == 0 {
				continue // nothing of the kind was measured
			}
			d.Step, d.Load = at.step, at.load
			c.Points = append(c.Points, d)
		}
	}
	for _, at := range others {
		if a[at] == nil {
			c.Notes = append(c.Notes, fmt.Sprintf("only B has %s at %g", at.step, at.load))
		}
	}
}

// notes say what is different beside the figures.
func notes(a, b *Result) []string {
	var all []string
	note := func(format string, args ...any) { all = append(all, fmt.Sprintf(format, args...)) }
	if a.Machine != b.Machine {
		note("the machine: %s with %s", a.Machine.words(), b.Machine.words())
	}
	for _, name := range keysOfBoth(a.Given, b.Given) {
		if x, y := a.Given[name], b.Given[name]; x != y {
			note("given %s: %g with %g", name, x, y)
		}
	}
	for _, service := range keysOfBoth(a.Settings, b.Settings) {
		for _, name := range keysOfBoth(a.Settings[service], b.Settings[service]) {
			if x, y := a.Settings[service][name], b.Settings[service][name]; x != y {
				note("setting %s of %s: %q with %q", name, service, x, y)
			}
		}
	}
	if len(a.Rounds) != len(b.Rounds) {
		note("rounds: %d with %d", len(a.Rounds), len(b.Rounds))
	}
	if a.Quick != b.Quick {
		note("one of the runs is quick: its loads were shorter")
	}
	for _, side := range []struct {
		name string
		r    *Result
	}{{"A", a}, {"B", b}} {
		switch {
		case side.r.Interrupted:
			note("%s is incomplete", side.name)
		case side.r.Verdict == Invalid:
			note("%s is invalid, so its figures may be those of the generator or of a disturbed machine", side.name)
		}
	}
	if a.ID == b.ID {
		note("the two are the same run")
	}
	return all
}

func keysOfBoth[V any](a, b map[string]V) []string {
	both := map[string]bool{}
	for name := range a {
		both[name] = true
	}
	for name := range b {
		both[name] = true
	}
	return slices.Sorted(maps.Keys(both))
}

func (m Machine) words() string {
	return fmt.Sprintf("%s/%s, %d cores, %s", m.OS, m.Arch, m.Cores, m.Go)
}
