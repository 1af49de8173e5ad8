package page

import (
	"fmt"
	"html/template"
	"math"
	"strings"

	"loadlab/experiments/confidence"
	"loadlab/experiments/result"
)

// split is where the time of a load went: means of a request over all rounds, in milliseconds.
type split struct {
	Step  string
	Load  float64
	Milli []float64 // in the order of parts
	Total float64
}

// splits are those of every load of every step.
func splits(r *result.Result) []split {
	byPlace, order := r.ByPlace()
	var all []split
	for _, at := range order {
		s := split{Step: at.Step, Load: at.Load}
		for _, part := range result.Parts() {
			mean, _, _ := confidence.Interval(result.Series(byPlace[at], part.Of))
			s.Milli = append(s.Milli, 1e3*mean)
			s.Total += 1e3 * mean
		}
		all = append(all, s)
	}
	return all
}

func longest(all []split) float64 {
	highest := 0.0
	for i := range all {
		highest = max(highest, all[i].Total)
	}
	return highest
}

// Size of a bar in pixels.
const barWidth, barHeight = 600.0, 18.0

// svg draws the bar to the scale of the longest.
func (s *split) svg(longest float64) template.HTML {
	var b strings.Builder
	var words []string
	x := 0.0
	for i, name := range result.PartNames() {
		width := 0.0
		if longest > 0 {
			width = barWidth * s.Milli[i] / longest
		}
		if !(width > 0) {
			continue
		}
		text := fmt.Sprintf("%s %.3g ms", name, s.Milli[i])
		words = append(words, text)
		fmt.Fprintf(&b, `<rect class="%s" x="%.2f" y="0" width="%.2f" height="%g"><title>%s</title></rect>`, name, x, width, barHeight, text)
		x += width
	}
	svg := fmt.Sprintf(`<svg viewBox="0 0 %g %g" preserveAspectRatio="none" style="height:%gpx" role="img" aria-label="%s">%s</svg>`,
		barWidth, barHeight, barHeight, strings.Join(words, ", "), b.String())
	return template.HTML(svg) //nolint:gosec // made of numbers and the names of parts
}

// Size of the picture of a check in pixels.
const rangeWidth, rangeHeight = 240.0, 26.0

// rangeSVG draws the wanted range and the measured values; it is empty if there are none.
func rangeSVG(e *result.Evidence) template.HTML {
	mean, low, high := float64(e.Mean), float64(e.Low), float64(e.High)
	if math.IsNaN(mean+low+high) || e.Min == nil && e.Max == nil {
		return ""
	}
	left, right := min(mean, low), max(mean, high)
	for _, bound := range []*float64{e.Min, e.Max} {
		if bound != nil {
			left, right = min(left, *bound), max(right, *bound)
		}
	}
	margin := 0.15 * (right - left)
	if margin == 0 {
		margin = max(0.1*math.Abs(mean), 1e-9)
	}
	left, right = left-margin, right+margin
	at := func(v float64) float64 { return rangeWidth * (v - left) / (right - left) }
	from, to := 0.0, rangeWidth
	var b strings.Builder
	if e.Min != nil {
		from = at(*e.Min)
	}
	if e.Max != nil {
		to = at(*e.Max)
	}
	fmt.Fprintf(&b, `<rect class="wanted" x="%.1f" y="2" width="%.1f" height="%g"/>`, from, max(0, to-from), rangeHeight-4)
	for _, bound := range []*float64{e.Min, e.Max} {
		if bound != nil {
			fmt.Fprintf(&b, `<path class="edge" d="M%.1f 2V%g"/>`, at(*bound), rangeHeight-2)
		}
	}
	middle := rangeHeight / 2
	if low < high {
		fmt.Fprintf(&b, `<path class="interval" d="M%.1f %gV%gM%.1f %gH%.1fM%.1f %gV%g"/>`,
			at(low), middle-5, middle+5, at(low), middle, at(high), at(high), middle-5, middle+5)
	}
	fmt.Fprintf(&b, `<circle class="point" cx="%.1f" cy="%g" r="4"/>`, at(mean), middle)
	label := template.HTMLEscapeString(fmt.Sprintf("measured %s, wanted %s", result.Measured{Mean: e.Mean, Low: e.Low, High: e.High}.String(), e.Wanted()))
	svg := fmt.Sprintf(`<svg viewBox="0 0 %g %g" style="min-width:%gpx" role="img" aria-label="%s">%s</svg>`, rangeWidth, rangeHeight, rangeWidth*0.75, label, b.String())
	return template.HTML(svg) //nolint:gosec // made of numbers and an escaped label
}
