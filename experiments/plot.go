package experiments

import (
	"fmt"
	"html/template"
	"math"
	"strconv"
	"strings"

	"github.com/expr-lang/expr"
)

// Drawing is a plot as a result keeps it.
type Drawing struct {
	Step   string   `json:"step"`
	X      string   `json:"x"` // labels of the axes, with units
	Y      string   `json:"y"`
	Points []Dot    `json:"points"`
	Theory []Vertex `json:"theory,omitempty"` // a line; empty if there is none
}

// Dot is a load, measured in every round.
type Dot struct {
	X    Number `json:"x"`
	Y    Number `json:"y"`   // mean over the rounds
	Low  Number `json:"low"` // of the 95 % interval; equals Y with one round
	High Number `json:"high"`
}

// Vertex is a corner of the theory line.
type Vertex struct {
	X Number `json:"x"`
	Y Number `json:"y"`
}

// axis is a field of a point with its unit on a plot.
type axis struct {
	label string
	scale float64
}

// axisOf knows the fields that plots are made of. Times are drawn in milliseconds.
func axisOf(field string) axis {
	known := map[string]axis{
		"load":        {"load as the step states it", 1},
		"n":           {"mean number of requests in flight", 1},
		"offered":     {"offered rate, requests/s", 1},
		"rate":        {"throughput, requests/s", 1},
		"goodput":     {"goodput, requests/s", 1},
		"server_cpu":  {"CPU time of the server, cores", 1},
		"mean":        {"mean service time, ms", perThousand},
		"service_p50": {"median service time, ms", perThousand},
		"service_p99": {"service time p99, ms", perThousand},
		"p50":         {"median response time, ms", perThousand},
		"p99":         {"response time p99, ms", perThousand},
		"queue":       {"mean time in the queue, ms", perThousand},
		"cpu":         {"mean CPU time, ms", perThousand},
		"wait":        {"mean time waited, ms", perThousand},
		"wall":        {"wall time, ms", perThousand},
	}
	if a, ok := known[field]; ok {
		return a
	}
	return axis{field, 1}
}

// drawing evaluates the plot of the definition over the rounds; nil if there is none.
func (d *Definition) drawing(rounds []Round, scopes []map[string]any) *Drawing {
	if d.Plot == nil || len(scopes) == 0 {
		return nil
	}
	x, y := axisOf(d.Plot.X), axisOf(d.Plot.Y)
	drawn := &Drawing{Step: d.Plot.Step, X: x.label, Y: y.label}
	byLoad, order := gathered(&Result{Rounds: rounds, Steps: d.described()})
	furthest := 0.0
	for _, at := range order {
		if at.step != d.Plot.Step {
			continue
		}
		xs, okX := d.along("$.plot.x", byLoad[at])
		ys, okY := d.along("$.plot.y", byLoad[at])
		if !okX || !okY {
			continue
		}
		meanX, _, _ := interval(xs)
		meanY, low, high := interval(ys)
		furthest = max(furthest, meanX)
		drawn.Points = append(drawn.Points, Dot{Number(x.scale * meanX), Number(y.scale * meanY), Number(y.scale * low), Number(y.scale * high)})
	}
	if len(drawn.Points) == 0 {
		return nil
	}
	drawn.Theory = d.theoryLine(scopes, furthest, x.scale, y.scale)
	return drawn
}

// along evaluates the expression at path over points.
func (d *Definition) along(path string, points []*Point) ([]float64, bool) {
	var values []float64
	for _, p := range points {
		value, err := evaluate(d.programs[path], map[string]any{"point": *p})
		if err != nil {
			return nil, false
		}
		values = append(values, value)
	}
	return values, true
}

const theorySteps = 200 // segments of the theory line

// theoryLine is the mean of the rounds' theories from 0 to a little past the furthest point.
func (d *Definition) theoryLine(scopes []map[string]any, furthest, scaleX, scaleY float64) []Vertex {
	program := d.programs["$.plot.theory"]
	if program == nil {
		return nil
	}
	var line []Vertex
	for i := range theorySteps + 1 {
		x := 1.05 * furthest * float64(i) / theorySteps
		var sum float64
		for _, scope := range scopes {
			scope["x"] = x
			out, err := expr.Run(program, scope)
			y, number := out.(float64)
			if err != nil || !number {
				y = math.NaN()
			}
			sum += y / float64(len(scopes))
		}
		if !math.IsNaN(sum) && !math.IsInf(sum, 0) {
			line = append(line, Vertex{Number(scaleX * x), Number(scaleY * sum)})
		}
	}
	return line
}

// Size of a plot in pixels, with the margins of its axes.
const (
	plotWidth, plotHeight                          = 720.0, 360.0
	marginLeft, marginLow, marginTop, marginBeyond = 76.0, 48.0, 12.0, 16.0
)

// chart maps figures to pixels and collects SVG elements. It writes numbers and
// escaped labels alone.
type chart struct {
	svg        strings.Builder
	maxX, maxY float64
}

func (c *chart) at(x, y float64) (px, py float64) {
	return marginLeft + x/c.maxX*(plotWidth-marginLeft-marginBeyond), plotHeight - marginLow - y/c.maxY*(plotHeight-marginLow-marginTop)
}

func (c *chart) add(format string, args ...any) { fmt.Fprintf(&c.svg, format, args...) }

// ticks divides 0 to limit at round numbers, into four to ten parts.
func ticks(limit float64) (step float64) {
	if !(limit > 0) || math.IsInf(limit, 0) {
		return 1
	}
	step = math.Pow(10, math.Floor(math.Log10(limit)))
	for _, divisor := range []float64{1, 2, 5, 10} {
		if limit/(step/divisor) >= 4 {
			return step / divisor
		}
	}
	return step / 10
}

func (c *chart) axes(x, y string) {
	left, low := c.at(0, 0)
	right, top := c.at(c.maxX, c.maxY)
	for step, i := ticks(c.maxX), 0; float64(i)*step <= c.maxX*1.0001; i++ {
		px, _ := c.at(float64(i)*step, 0)
		c.add(`<path class="grid" d="M%.1f %.1fV%.1f"/><text x="%.1f" y="%.1f" text-anchor="middle">%s</text>`, px, low, top, px, low+17, short(float64(i)*step))
	}
	for step, i := ticks(c.maxY), 0; float64(i)*step <= c.maxY*1.0001; i++ {
		_, py := c.at(0, float64(i)*step)
		c.add(`<path class="grid" d="M%.1f %.1fH%.1f"/><text x="%.1f" y="%.1f" text-anchor="end">%s</text>`, left, py, right, left-7, py+4, short(float64(i)*step))
	}
	c.add(`<path class="axis" d="M%.1f %.1fV%.1fH%.1f"/>`, left, top, low, right)
	c.add(`<text x="%.1f" y="%.1f" text-anchor="middle">%s</text>`, (left+right)/2, low+40, template.HTMLEscapeString(x))
	c.add(`<text x="16" y="%.1f" text-anchor="middle" transform="rotate(-90 16 %.1f)">%s</text>`,
		(low+top)/2, (low+top)/2, template.HTMLEscapeString(y))
}

// short writes a number of a scale without what binary fractions add.
func short(v float64) string {
	rounded, err := strconv.ParseFloat(strconv.FormatFloat(v, 'g', 6, 64), 64)
	if err != nil {
		return ""
	}
	return strconv.FormatFloat(rounded, 'f', -1, 64)
}

// SVG draws the measured points with their intervals, and the theory line where it is within the plot.
func (d *Drawing) SVG() template.HTML {
	c := chart{}
	for _, p := range d.Points {
		c.maxX = max(c.maxX, 1.05*float64(p.X))
		c.maxY = max(c.maxY, 1.12*float64(p.Y), 1.04*min(float64(p.High), 2*float64(p.Y)))
	}
	if !(c.maxX > 0) || !(c.maxY > 0) || math.IsInf(c.maxX, 0) || math.IsInf(c.maxY, 0) {
		return ""
	}
	c.axes(d.X, d.Y)
	c.theory(d.Theory)
	for _, p := range d.Points {
		px, py := c.at(float64(p.X), float64(p.Y))
		if p.Low < p.High {
			c.interval(px, float64(p.Low), float64(p.High))
		}
		c.add(`<circle class="point" cx="%.1f" cy="%.1f" r="4"><title>%.4g, %.4g</title></circle>`, px, py, float64(p.X), float64(p.Y))
	}
	title := template.HTMLEscapeString(d.Y + " over " + d.X)
	svg := fmt.Sprintf(`<svg viewBox="0 0 %g %g" role="img" aria-label="%s">%s</svg>`, plotWidth, plotHeight, title, c.svg.String())
	return template.HTML(svg) //nolint:gosec // made of numbers and escaped labels
}

// interval draws a bar with a cap at each end that is within the plot.
func (c *chart) interval(px, low, high float64) {
	_, from := c.at(0, max(0, low))
	_, to := c.at(0, min(c.maxY, high))
	c.add(`<path class="interval" d="M%.1f %.1fV%.1f`, px, from, to)
	if low >= 0 {
		c.add(`M%.1f %.1fH%.1f`, px-5, from, px+5)
	}
	if high <= c.maxY {
		c.add(`M%.1f %.1fH%.1f`, px-5, to, px+5)
	}
	c.add(`"/>`)
}

// theory draws the line up to the upper edge, where it is cut.
func (c *chart) theory(line []Vertex) {
	var path strings.Builder
	for i, v := range line {
		x, y := float64(v.X), float64(v.Y)
		if x > c.maxX || y < 0 || i > 0 && float64(line[i-1].Y) > c.maxY {
			continue
		}
		verb := "L"
		if path.Len() == 0 {
			verb = "M"
		}
		if y > c.maxY {
			if i == 0 || float64(line[i-1].Y) >= c.maxY {
				continue
			}
			before := line[i-1]
			x = float64(before.X) + (x-float64(before.X))*(c.maxY-float64(before.Y))/(y-float64(before.Y))
			y = c.maxY
		}
		px, py := c.at(x, y)
		fmt.Fprintf(&path, "%s%.1f %.1f", verb, px, py)
	}
	if path.Len() > 0 {
		c.add(`<path class="theory" d="%s"/>`, path.String())
	}
}
