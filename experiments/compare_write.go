package experiments

import (
	_ "embed"
	"fmt"
	"html/template"
	"io"
	"text/tabwriter"
)

//go:embed compare.html
var compareSource string

// Significant are the differences that exceed the noise.
func (c *Comparison) Significant() []Difference {
	var found []Difference
	for _, group := range [][]Difference{c.Figures, c.Checks, c.Points} {
		for i := range group {
			if group[i].Significant() {
				found = append(found, group[i])
			}
		}
	}
	return found
}

// compared is how many differences have an interval.
func (c *Comparison) compared() int {
	n := 0
	for _, group := range [][]Difference{c.Figures, c.Checks, c.Points} {
		for i := range group {
			if group[i].Finding != TooFew && group[i].Finding != OnlyOne {
				n++
			}
		}
	}
	return n
}

// Answer says in a sentence or two what the comparison has found.
func (c *Comparison) Answer() string {
	compared, found := c.compared(), len(c.Significant())
	switch {
	case compared == 0:
		return "Not significant: there are too few rounds to tell a difference from noise; each result needs two, better five."
	case found == 0:
		return fmt.Sprintf("Not significant: none of %d differences exceeds the noise.", compared)
	}
	text := fmt.Sprintf("%d of %d differences exceed the noise.", found, compared)
	if by := float64(compared) / 20; by >= 1 {
		text += fmt.Sprintf(" At 95 %% confidence about %.0f would by chance alone.", by)
	}
	return text
}

// WriteText prints the comparison for a terminal.
func (c *Comparison) WriteText(w io.Writer) {
	fmt.Fprintf(w, "%s\nA  %s  %s\nB  %s  %s\n\n%s\n", c.A.Name, c.A.ID, c.A.Verdict, c.B.ID, c.B.Verdict, c.Answer())
	for _, note := range c.Notes {
		fmt.Fprintf(w, "note: %s\n", note)
	}
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	for _, group := range c.groups() {
		fmt.Fprintf(t, "\n%s\tA\tB\tB against A\tfinding\n", group.Title)
		for i := range group.Rows {
			d := &group.Rows[i]
			fmt.Fprintf(t, "%s\t%s\t%s\t%s\t%s\n", d.label(), d.A.cell(), d.B.cell(), d.Percent(), d.Finding)
		}
	}
	_ = t.Flush() // a terminal that does not take it took nothing before either
	fmt.Fprintln(w, "\nin brackets: 95 % intervals over the rounds, by Student's t; those of a difference by Welch's")
}

// group is a table of the comparison.
type group struct {
	Title string
	Rows  []Difference
}

func (c *Comparison) groups() []group {
	var all []group
	for _, g := range []group{{"figure", c.Figures}, {"check", c.Checks}, {"point", c.Points}} {
		if len(g.Rows) > 0 {
			all = append(all, g)
		}
	}
	return all
}

// label names what is compared, with its unit.
func (d *Difference) label() string {
	text := d.Name
	if d.Step != "" {
		text = fmt.Sprintf("%s at %g: %s", d.Step, d.Load, text)
	}
	if d.Unit != "" {
		text += " [" + d.Unit + "]"
	}
	return text
}

// WriteHTML writes the comparison as one page that needs nothing else.
func (c *Comparison) WriteHTML(w io.Writer) error {
	t, err := template.New("compare").Funcs(template.FuncMap{
		"label": func(d Difference) string { return d.label() }, "cell": Measured.cell, "percent": func(d Difference) string { return d.Percent() },
	}).Parse(compareSource)
	if err != nil {
		return fmt.Errorf("read the template of the page: %w", err)
	}
	if err := t.Execute(w, map[string]any{"C": c, "Groups": c.groups(), "Style": template.CSS(pageStyle)}); err != nil { //nolint:gosec // our own file
		return fmt.Errorf("write page: %w", err)
	}
	return nil
}
