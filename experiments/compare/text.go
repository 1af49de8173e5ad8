package compare

import (
	"fmt"
	"io"
	"text/tabwriter"
)

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
	for _, group := range c.Groups() {
		fmt.Fprintf(t, "\n%s\tA\tB\tB against A\tfinding\n", group.Title)
		for i := range group.Rows {
			d := &group.Rows[i]
			fmt.Fprintf(t, "%s\t%s\t%s\t%s\t%s\n", d.Label(), d.A.String(), d.B.String(), d.Percent(), d.Finding)
		}
	}
	_ = t.Flush() // a terminal that does not take it took nothing before either
	fmt.Fprintln(w, "\nin brackets: 95 % intervals over the rounds, by Student's t; those of a difference by Welch's")
}

// Group is a table of the comparison.
type Group struct {
	Title string
	Rows  []Difference
}

// Groups are the tables that have rows.
func (c *Comparison) Groups() []Group {
	var all []Group
	for _, g := range []Group{{"figure", c.Figures}, {"check", c.Checks}, {"point", c.Points}} {
		if len(g.Rows) > 0 {
			all = append(all, g)
		}
	}
	return all
}
