// Package compare separates the differences between two results of one experiment from noise.
package compare

import (
	"errors"
	"fmt"
	"math"

	"loadlab/experiments/result"
)

// Comparison is two results of one experiment side by side.
type Comparison struct {
	A, B    *result.Result
	Notes   []string // what else is different, and what speaks against comparing
	Figures []Difference
	Checks  []Difference
	Points  []Difference
}

// Results puts two results side by side. It refuses those of different experiments.
func Results(a, b *result.Result) (*Comparison, error) {
	if a.Name != b.Name {
		return nil, fmt.Errorf("results of different experiments, %s with %s, have nothing to compare", a.Name, b.Name)
	}
	c := &Comparison{A: a, B: b, Notes: notes(a, b)}
	figures := func(of *result.Result) []result.Measured { return of.Figures }
	checks := func(of *result.Result) (all []result.Measured) {
		for i := range of.Evidence {
			e := &of.Evidence[i]
			all = append(all, result.Measured{Name: e.Name, Mean: e.Mean, Low: e.Low, High: e.High, Rounds: e.Rounds})
		}
		return all
	}
	c.Figures = pairs(figures(a), figures(b))
	c.Checks = pairs(checks(a), checks(b))
	c.points()
	if len(c.Figures)+len(c.Checks)+len(c.Points) == 0 {
		return nil, errors.New("neither result has anything measured")
	}
	return c, nil
}

// pairs finds equal names, in the order of a, then what b alone has.
func pairs(a, b []result.Measured) []Difference {
	other := map[string]result.Measured{}
	for _, m := range b {
		other[m.Name] = m
	}
	var all []Difference
	for _, m := range a {
		all = append(all, differ(m.Name, m.Unit, values(m.Rounds), values(other[m.Name].Rounds)))
		delete(other, m.Name)
	}
	for _, m := range b {
		if _, left := other[m.Name]; left {
			all = append(all, differ(m.Name, m.Unit, nil, values(m.Rounds)))
		}
	}
	return all
}

// values are those that are no NaN.
func values(rounds []result.Number) []float64 {
	var all []float64
	for _, n := range rounds {
		if !math.IsNaN(float64(n)) {
			all = append(all, float64(n))
		}
	}
	return all
}
