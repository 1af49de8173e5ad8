package output

import (
	"fmt"
	"math"
	"strings"
	"time"

	"loadlab/loadgen/report"
)

// Size of the curve in pixels, with its margins.
const (
	curveWidth, curveHeight     = 720.0, 320.0
	curveLeft, curveLow         = 76.0, 44.0
	curveTop, curveRight        = 12.0, 16.0
	curvePoints                 = 200
	leastTail               int = 10 // requests beyond the last quantile that is drawn
)

// curve draws the response time over the share of the requests that took less, with as much room for 99 % to
// 99.9 % as for 90 % to 99 %, as HdrHistogram's plots do. It ends where only ten requests took longer.
func (p *page) curve(t report.Times) {
	nines := math.Log10(float64(t.Count()) / float64(leastTail))
	if nines < 1 {
		return
	}
	longest := t.Quantile(1 - math.Pow(10, -nines)).Seconds()
	x := func(n float64) float64 { return curveLeft + n/nines*(curveWidth-curveLeft-curveRight) }
	y := func(d time.Duration) float64 {
		return curveHeight - curveLow - d.Seconds()/longest*(curveHeight-curveLow-curveTop)
	}
	p.raw(fmt.Sprintf(`<div><svg viewBox="0 0 %.0f %.0f" role="img" aria-label="response time by percentile">`, curveWidth, curveHeight))
	for n := 0; float64(n) <= nines; n++ {
		label := "0 %"
		if n > 0 {
			label = strings.TrimSuffix(fmt.Sprintf("%.*f", max(0, n-2), 100-100*math.Pow(10, -float64(n))), ".") + " %"
		}
		p.raw(fmt.Sprintf(`<path class="grid" d="M%.1f %.1fV%.1f"/><text x="%.1f" y="%.1f" text-anchor="middle">%s</text>`,
			x(float64(n)), curveTop, curveHeight-curveLow, x(float64(n)), curveHeight-curveLow+18, label))
	}
	for _, share := range []float64{0, .25, .5, .75, 1} {
		d := time.Duration(share * longest * float64(time.Second))
		p.raw(fmt.Sprintf(`<path class="grid" d="M%.1f %.1fH%.1f"/><text x="%.1f" y="%.1f" text-anchor="end">%s</text>`,
			curveLeft, y(d), curveWidth-curveRight, curveLeft-6, y(d)+4, short(d)))
	}
	p.raw(`<path class="curve" d="`)
	for i := range curvePoints + 1 {
		n := nines * float64(i) / curvePoints
		command := "L"
		if i == 0 {
			command = "M"
		}
		p.raw(fmt.Sprintf("%s%.1f %.1f", command, x(n), y(t.Quantile(1-math.Pow(10, -n)))))
	}
	p.raw(`"/></svg></div>` + "\n")
	p.element("p", "soft", "Response time by the share of the requests that took less.")
}
