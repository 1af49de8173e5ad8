// Package page writes results as web pages that need no other file.
package page

import (
	_ "embed"
	"fmt"
	"html/template"
	"io"
	"strings"

	"loadlab/experiments/result"
)

//go:embed page.html
var pageSource string

//go:embed page.css
var pageStyle string

// page is what the template of a result's page sees in addition to the result.
type page struct {
	*result.Result
	Style   template.CSS
	Picture template.HTML // the plot; empty if there is none
	// Paragraphs are those of the explanation.
	Paragraphs []string
	Times      []split
	Parts      []string
}

// Write writes one page that needs nothing else: no script, no font, no other file.
func Write(w io.Writer, r *result.Result) error {
	t, err := template.New("page").Funcs(template.FuncMap{
		"tone": tone, "number": func(v float64) string { return result.Number(v).String() }, "cell": result.Measured.String, "picture": func(e result.Evidence) template.HTML { return rangeSVG(&e) },
		"measured": func(e result.Evidence) string {
			return result.Measured{Mean: e.Mean, Low: e.Low, High: e.High}.String()
		},
		"bar": func(s split, all []split) template.HTML { return s.svg(longest(all)) },
	}).Parse(pageSource)
	if err != nil {
		return fmt.Errorf("read the template of the page: %w", err)
	}
	view := page{Result: r, Style: template.CSS(pageStyle), Times: splits(r), Paragraphs: strings.Split(strings.TrimSpace(r.Explanation), "\n\n"), Parts: result.PartNames()} //nolint:gosec // our own file
	if r.Plot != nil {
		view.Picture = plot(r.Plot)
	}
	if err := t.Execute(w, view); err != nil {
		return fmt.Errorf("write page: %w", err)
	}
	return nil
}

// tone is the style of a verdict.
func tone(v result.Verdict) string {
	switch v {
	case result.Holds:
		return "holds"
	case result.DoesNotHold:
		return "fails"
	}
	return "unsure"
}
