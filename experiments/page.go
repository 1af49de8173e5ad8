package experiments

import (
	_ "embed"
	"fmt"
	"html/template"
	"io"
	"math"
	"strconv"
	"strings"

	"loadlab/loadgen/plan"
)

//go:embed page.html
var pageSource string

//go:embed page.css
var pageStyle string

// page is what the template of a result's page sees beside the result.
type page struct {
	*Result
	Style   template.CSS
	Picture template.HTML // the plot; empty if there is none
	// Paragraphs are those of the explanation.
	Paragraphs []string
	Times      []split
	Parts      []string
}

// WriteHTML writes one page that needs nothing else: no script, no font, no other file.
func (r *Result) WriteHTML(w io.Writer) error {
	t, err := template.New("page").Funcs(template.FuncMap{
		"tone": tone, "number": readable, "cell": Measured.cell, "picture": func(e Evidence) template.HTML { return e.rangeSVG() },
		"measured": func(e Evidence) string { return Measured{Mean: e.Mean, Low: e.Low, High: e.High}.cell() },
		"bar":      func(s split, all []split) template.HTML { return s.svg(longest(all)) },
	}).Parse(pageSource)
	if err != nil {
		return fmt.Errorf("read the template of the page: %w", err)
	}
	view := page{Result: r, Style: template.CSS(pageStyle), Times: r.splits(), Paragraphs: strings.Split(strings.TrimSpace(r.Explanation), "\n\n"), Parts: partNames()} //nolint:gosec // our own file
	if r.Plot != nil {
		view.Picture = r.Plot.SVG()
	}
	if err := t.Execute(w, view); err != nil {
		return fmt.Errorf("write page: %w", err)
	}
	return nil
}

// tone is the style of a verdict.
func tone(v Verdict) string {
	switch v {
	case Holds:
		return "holds"
	case DoesNotHold:
		return "fails"
	}
	return "unsure"
}

// Confidence says what the intervals of the result are worth.
func (r *Result) Confidence() string {
	n := len(r.Rounds)
	if len(r.Evidence) > 0 && len(r.Evidence[0].Rounds) > 0 {
		n = len(r.Evidence[0].Rounds) // without the one that was interrupted
	}
	switch {
	case n == 0:
		return ""
	case n == 1 && r.Quick:
		return "This was a quick run: one round of shorter loads. There are no intervals, so noise cannot be told from an effect."
	case n == 1:
		return "One round: there are no intervals, so noise cannot be told from an effect."
	case n == 2:
		return "95 % intervals of the mean over 2 rounds, by Student's t: three rounds would make them less than a third as wide."
	default:
		return fmt.Sprintf("95 %% intervals of the mean over %d rounds, by Student's t.", n)
	}
}

// Described is a step in words.
type Described struct {
	Name string `json:"name"`
	What string `json:"what"`
}

// described are the steps of d with every setting.
func (d *Definition) described() []Described {
	var all []Described
	for i := range d.Steps {
		all = append(all, Described{d.Steps[i].Name, d.Steps[i].words()})
	}
	return all
}

// words describe the step with every setting that is not the default.
func (s *Step) words() string {
	var loads []string
	for _, level := range s.levels() {
		loads = append(loads, readable(level))
	}
	kind := map[plan.Loop]string{
		plan.Batch: "batch of %s requests", plan.Closed: "closed loop with %s under way", plan.Open: "open loop with %s requests/s",
	}[s.Loop]
	parts := []string{s.Target, fmt.Sprintf(kind, strings.Join(loads, ", "))}
	add := func(stated bool, format string, args ...any) {
		if stated {
			parts = append(parts, fmt.Sprintf(format, args...))
		}
	}
	add(s.Duration > 0, "%v each", s.Duration)
	add(s.Warmup > 0, "of which %v warm-up", s.Warmup)
	add(s.Arrivals != "", "%s arrivals", s.Arrivals)
	add(s.Timeout > 0, "timeout %v", s.Timeout)
	add(s.Connections > 0, "at most %d connections", s.Connections)
	add(s.Lag > 0, "schedule lag up to %v borne", s.Lag)
	add(s.TraceRatio > 0, "%g of the traces sampled", s.TraceRatio)
	add(s.Watch != "", "CPU time of %s watched", s.Watch)
	if s.Beside != nil {
		add(true, "beside it a closed loop of %d at %s", s.Beside.Concurrency, s.Beside.Target)
	}
	for _, f := range s.Faults {
		kind := f.Kind
		if f.Value != 0 {
			kind += " of " + readable(f.Value)
		}
		add(true, "fault %s at %s after %v for %v", kind, f.Service, f.After, f.Duration)
	}
	return strings.Join(parts, "; ")
}

// readable has four digits, all of them if it has more before the point, and no
// exponent unless it is tiny.
func readable(v float64) string {
	if math.Abs(v) >= 1000 && math.Abs(v) < 1e15 {
		return strconv.FormatFloat(v, 'f', 0, 64)
	}
	return strconv.FormatFloat(v, 'g', 4, 64)
}
