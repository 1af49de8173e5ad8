package page

import (
	"fmt"
	"html/template"
	"math"
	"strconv"
	"strings"

	"loadlab/experiments/result"
)

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

// plot draws the measured points with their intervals, and the theory line where it is within the plot.
func plot(d *result.Drawing) template.HTML {
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
func (c *chart) theory(line []result.Vertex) {
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
