package compare

import (
	"fmt"

	"loadlab/experiments/result"
)

// column is a figure of a point that is compared.
type column struct {
	name, unit string
	of         func(*result.Point) float64
}

func columns() []column {
	all := []column{
		{"in flight", "", func(p *result.Point) float64 { return p.N }},
		{"rate", "/s", func(p *result.Point) float64 { return p.Rate }},
		{"goodput", "/s", func(p *result.Point) float64 { return p.Goodput }},
		{"response p50", "ms", func(p *result.Point) float64 { return 1e3 * p.P50 }},
		{"response p99", "ms", func(p *result.Point) float64 { return 1e3 * p.P99 }},
	}
	for _, part := range result.Parts() {
		all = append(all, column{part.Name, "ms", func(p *result.Point) float64 { return 1e3 * part.Of(p) }})
	}
	return all
}

// points compares the loads that both results have, and notes the others.
func (c *Comparison) points() {
	a, order := c.A.ByPlace()
	b, others := c.B.ByPlace()
	for _, at := range order {
		if b[at] == nil {
			c.Notes = append(c.Notes, fmt.Sprintf("only A has %s at %g", at.Step, at.Load))
			continue
		}
		for _, column := range columns() {
			d := differ(column.name, column.unit, result.Series(a[at], column.of), result.Series(b[at], column.of))
			if d.A.Mean == 0 && d.B.Mean == 0 {
				continue // nothing of the kind was measured
			}
			d.Step, d.Load = at.Step, at.Load
			c.Points = append(c.Points, d)
		}
	}
	for _, at := range others {
		if a[at] == nil {
			c.Notes = append(c.Notes, fmt.Sprintf("only B has %s at %g", at.Step, at.Load))
		}
	}
}
