package experiments

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
)

// maxResult bounds a result file, in bytes.
const maxResult = 16 << 20

// ReadResult reads what WriteJSON wrote. It refuses other versions of the schema
// and files that are no results.
func ReadResult(from io.Reader) (*Result, error) {
	data, err := io.ReadAll(io.LimitReader(from, maxResult+1))
	if err != nil {
		return nil, fmt.Errorf("read result: %w", err)
	}
	if len(data) > maxResult {
		return nil, fmt.Errorf("read result: it has more than %d bytes", maxResult)
	}
	var head struct {
		Schema *int   `json:"schema"`
		Name   string `json:"name"`
	}
	if err := json.Unmarshal(data, &head); err != nil {
		return nil, fmt.Errorf("read result: it is no JSON of an experiment: %w", err)
	}
	switch {
	case head.Schema == nil || head.Name == "":
		return nil, errors.New("read result: it is no result of an experiment: schema or name is missing")
	case *head.Schema != Schema:
		return nil, fmt.Errorf("read result: it has version %d of the schema, not %d", *head.Schema, Schema)
	}
	var r Result
	if err := json.Unmarshal(data, &r); err != nil {
		return nil, fmt.Errorf("read result: %w", err)
	}
	return &r, nil
}

// Findings about a difference.
const (
	Higher      = "higher"          // in B, by more than the noise
	Lower       = "lower"           // in B, by more than the noise
	NoneFound   = "not significant" // the noise is larger
	TooFew      = "too few rounds"  // one of the two has a single value, so that its noise is unknown
	OnlyOne     = "only in one"     // the other has no value
	Same        = "the same"        // both have this value in every round
	perThousand = 1e3
)

// Difference is a number of two results side by side.
type Difference struct {
	Step    string // of a point; empty otherwise
	Load    float64
	Name    string
	Unit    string
	A, B    Measured
	Change  float64 // of the mean, B - A
	Low     float64 // of the 95 % interval of Change; NaN if there is none
	High    float64
	Finding string
}

// Comparison is two results of one experiment side by side.
type Comparison struct {
	A, B    *Result
	Notes   []string // what else is different, and what speaks against comparing
	Figures []Difference
	Checks  []Difference
	Points  []Difference
}

// Compare puts two results side by side. It refuses those of different experiments.
func Compare(a, b *Result) (*Comparison, error) {
	if a.Name != b.Name {
		return nil, fmt.Errorf("results of different experiments, %s with %s, have nothing to compare", a.Name, b.Name)
	}
	c := &Comparison{A: a, B: b, Notes: notes(a, b)}
	figures := func(of *Result) []Measured { return of.Figures }
	checks := func(of *Result) (all []Measured) {
		for i := range of.Evidence {
			e := &of.Evidence[i]
			all = append(all, Measured{Name: e.Name, Mean: e.Mean, Low: e.Low, High: e.High, Rounds: e.Rounds})
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
func pairs(a, b []Measured) []Difference {
	other := map[string]Measured{}
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
func values(rounds []Number) []float64 {
	var all []float64
	for _, n := range rounds {
		if !math.IsNaN(float64(n)) {
			all = append(all, float64(n))
		}
	}
	return all
}

// differ compares the values that the rounds of two results have.
func differ(name, unit string, a, b []float64) Difference {
	d := Difference{Name: name, Unit: unit, A: measuredOf(a), B: measuredOf(b), Change: math.NaN(), Low: math.NaN(), High: math.NaN()}
	if len(a) == 0 || len(b) == 0 {
		d.Finding = OnlyOne
		return d
	}
	var known bool
	d.Change, d.Low, d.High, known = welch(a, b)
	switch {
	case !known:
		d.Finding = TooFew
	case d.Low > 0:
		d.Finding = Higher
	case d.High < 0:
		d.Finding = Lower
	case d.Low == 0 && d.High == 0:
		d.Finding = Same
	default:
		d.Finding = NoneFound
	}
	return d
}

func measuredOf(values []float64) Measured {
	if len(values) == 0 {
		missing := Number(math.NaN())
		return Measured{Mean: missing, Low: missing, High: missing}
	}
	mean, low, high := interval(values)
	return Measured{Mean: Number(mean), Low: Number(low), High: Number(high), Rounds: numbers(values)}
}

// Significant reports whether the difference exceeds the noise.
func (d *Difference) Significant() bool { return d.Finding == Higher || d.Finding == Lower }

// Percent is the change with its interval in per cent of A's mean, in words;
// empty where there is none.
func (d *Difference) Percent() string {
	base := math.Abs(float64(d.A.Mean))
	if math.IsNaN(d.Change) || !(base > 0) {
		return ""
	}
	text := fmt.Sprintf("%+.1f %%", 100*d.Change/base)
	if !math.IsNaN(d.Low) {
		text += fmt.Sprintf(" (%+.1f to %+.1f)", 100*d.Low/base, 100*d.High/base)
	}
	return text
}

// cell is a figure with its interval.
func (m Measured) cell() string {
	if math.IsNaN(float64(m.Mean)) {
		return "-"
	}
	text := readable(float64(m.Mean))
	if m.Low != m.High {
		text += fmt.Sprintf(" (%s to %s)", readable(float64(m.Low)), readable(float64(m.High)))
	}
	return text
}
