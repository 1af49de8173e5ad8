package experiments

import (
	_ "embed"
	"fmt"
	"html/template"
	"io"
)

//go:embed page.html
var pageSource string

//go:embed page.css
var pageStyle string

// part is a coloured share of the response time.
type part struct {
	Name  string
	Width float64 // per cent of the longest bar
	Milli float64
}

// bar is where the time went in one load.
type bar struct {
	Step  string
	Load  float64
	Parts []part
}

type page struct {
	*Result
	Plot template.HTML
	Bars []bar
}

// WriteHTML writes one page that needs nothing else: no script, no font, no other file.
func (r *Result) WriteHTML(w io.Writer) error {
	t, err := template.New("page").Parse(pageSource)
	if err != nil {
		return fmt.Errorf("read the template of the page: %w", err)
	}
	if err := t.Execute(w, page{Result: r, Plot: r.plotSVG(), Bars: r.bars()}); err != nil {
		return fmt.Errorf("write page: %w", err)
	}
	return nil
}

// bars are those of the last round.
func (r *Result) bars() []bar {
	if len(r.Rounds) == 0 {
		return nil
	}
	round := r.Rounds[len(r.Rounds)-1]
	var out []bar
	longest := 0.0
	for _, name := range r.stepNames(round) {
		for i := range round.Points[name] {
			b := barOf(name, &round.Points[name][i])
			total := 0.0
			for _, p := range b.Parts {
				total += p.Milli
			}
			longest = max(longest, total)
			out = append(out, b)
		}
	}
	for i := range out {
		for j := range out[i].Parts {
			if longest > 0 {
				out[i].Parts[j].Width = 100 * out[i].Parts[j].Milli / longest
			}
		}
	}
	return out
}

func barOf(name string, p *Point) bar {
	return bar{Step: name, Load: p.Load, Parts: []part{
		{Name: "lag", Milli: 1e3 * p.Lag}, {Name: "connect", Milli: 1e3 * p.Connect}, {Name: "network", Milli: 1e3 * p.Network},
		{Name: "queue", Milli: 1e3 * p.Queue}, {Name: "cpu", Milli: 1e3 * p.CPU}, {Name: "wait", Milli: 1e3 * p.Wait},
	}}
}
