package experiments

import (
	"fmt"
	"html/template"
	"math"
	"strings"

	"github.com/expr-lang/expr"
)

// Size of a plot in pixels, with the margins of its axes.
const (
	plotWidth, plotHeight = 640.0, 320.0
	marginLeft, marginLow = 70.0, 40.0
	theorySteps           = 60 // segments of the theory line
)

// chart maps figures to pixels and collects SVG elements. It writes numbers and
// names of fields alone, so that nothing in it needs escaping.
type chart struct {
	svg        strings.Builder
	maxX, maxY float64
}

func newChart(maxX, maxY float64) *chart { return &chart{maxX: roundUp(maxX), maxY: roundUp(maxY)} }

func (c *chart) at(x, y float64) (px, py float64) {
	return marginLeft + x/c.maxX*(plotWidth-marginLeft-10), plotHeight - marginLow - y/c.maxY*(plotHeight-marginLow-10)
}

func (c *chart) add(format string, args ...any) { fmt.Fprintf(&c.svg, format, args...) }

func (c *chart) axes(x, y string) {
	left, low := c.at(0, 0)
	right, top := c.at(c.maxX, c.maxY)
	c.add(`<path class="axis" d="M%.1f %.1fV%.1fH%.1f"/>`, left, top, low, right)
	for i := range 5 {
		share := float64(i) / 4
		px, py := c.at(share*c.maxX, share*c.maxY)
		c.add(`<text x="%.1f" y="%.1f" text-anchor="middle">%.3g</text>`, px, low+16, share*c.maxX)
		c.add(`<text x="%.1f" y="%.1f" text-anchor="end">%.3g</text>`, left-6, py+4, share*c.maxY)
	}
	c.add(`<text x="%.1f" y="%.1f" text-anchor="middle">%s</text>`, (left+right)/2, low+34, template.HTMLEscapeString(x))
	c.add(`<text x="14" y="%.1f" text-anchor="middle" transform="rotate(-90 14 %.1f)">%s</text>`,
		(low+top)/2, (low+top)/2, template.HTMLEscapeString(y))
}

func (c *chart) String() string {
	return fmt.Sprintf(`<svg viewBox="0 0 %g %g" role="img">%s</svg>`, plotWidth, plotHeight, c.svg.String())
}

// plotSVG draws the measured points with the theory line; empty if there is no plot.
func (r *Result) plotSVG() template.HTML {
	d := r.definition
	if d == nil || d.Plot == nil {
		return ""
	}
	xs, ys := r.series("$.plot.x"), r.series("$.plot.y")
	if len(xs) == 0 || len(xs) != len(ys) {
		return ""
	}
	maxX, maxY := 0.0, 0.0
	for i := range xs {
		maxX, maxY = math.Max(maxX, xs[i]), math.Max(maxY, ys[i])
	}
	c := newChart(maxX, 1.1*maxY)
	c.axes(d.Plot.X, d.Plot.Y)
	c.add(`<path class="theory" d="%s"/>`, r.theoryLine(c))
	for i := range xs {
		px, py := c.at(xs[i], ys[i])
		c.add(`<circle class="point" cx="%.1f" cy="%.1f" r="4"/>`, px, py)
	}
	return template.HTML(c.String()) //nolint:gosec // made of numbers and escaped names
}

// series evaluates the expression at path over the plotted points of all rounds.
func (r *Result) series(path string) []float64 {
	var out []float64
	for _, round := range r.Rounds {
		for _, point := range round.Points[r.definition.Plot.Step] {
			value, err := evaluate(r.definition.programs[path], map[string]any{"point": point})
			if err != nil {
				return nil
			}
			out = append(out, value)
		}
	}
	return out
}

// theoryLine is the path of the theory, as far as it is within the chart.
func (r *Result) theoryLine(c *chart) string {
	program := r.definition.programs["$.plot.theory"]
	scopes, err := r.definition.scopes(&Result{Rounds: r.Rounds})
	if program == nil || err != nil {
		return ""
	}
	var path strings.Builder
	for i := range theorySteps {
		x := c.maxX * float64(i+1) / theorySteps
		scopes[0]["x"] = x
		out, err := expr.Run(program, scopes[0])
		y, number := out.(float64)
		if err != nil || !number || math.IsNaN(y) || y < 0 || y > c.maxY {
			continue
		}
		px, py := c.at(x, y)
		verb := "L"
		if path.Len() == 0 {
			verb = "M"
		}
		fmt.Fprintf(&path, "%s%.1f %.1f", verb, px, py)
	}
	return path.String()
}
