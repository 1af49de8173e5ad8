package browser

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/chromedp"
)

// tall is a window that shows every panel of a dashboard at once, since the
// page draws only what can be seen.
const tall = 5000

// colourful is the expression that counts a chart's canvases on which nothing
// is drawn but axes: those without coloured pixels.
const colourful = `[...document.querySelectorAll('[data-state="data"] canvas')].filter((canvas) => {
	const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
	let coloured = 0;
	for (let i = 0; i < data.length; i += 4) {
		const [r, g, b] = [data[i], data[i + 1], data[i + 2]];
		if (data[i + 3] > 0 && Math.max(r, g, b) - Math.min(r, g, b) > 40) coloured++;
	}
	return coloured < 20;
}).map((canvas) => canvas.closest('.panel').querySelector('h3').textContent)`

// unfinished is the expression of the panels that do not show data, and of what they say. A chart that says
// that there are no requests has data soon, and then for as long as its range.
const unfinished = `[...document.querySelectorAll('.tab-watch .panel')].filter((panel) => panel.dataset.state !== 'data')
	.map((panel) => [panel, panel.querySelector('h3').textContent + ': ' + panel.dataset.state + ' ' + panel.querySelector('.panel-notice').textContent])
	.map(([panel, text]) => ['timeseries', 'heatmap'].includes(panel.dataset.type) ? text.replace('no requests', 'no data yet') : text)`

func (c *console) drawsDashboards(t *testing.T) {
	for _, dashboard := range c.settings.Dashboards {
		t.Run(dashboard.UID, func(t *testing.T) {
			p := newPage(t, c.browser, c.url, wideWidth, tall)
			empty := map[string]int{}
			for _, view := range views(dashboard.UID) {
				p.show("#/watch/" + dashboard.UID + view)
				p.opensRows()
				for _, panel := range p.awaitsData(len(views(dashboard.UID)) == 1) {
					empty[panel]++
				}
				if n := evaluate[int](p, `document.querySelectorAll('.tab-watch canvas').length`); n == 0 {
					t.Error("there are no charts")
				}
				for _, panel := range p.awaitsColours() {
					t.Errorf("nothing is drawn in %s", panel)
				}
			}
			for panel, times := range empty {
				if times == len(views(dashboard.UID)) {
					t.Errorf("no data in %s", panel)
				}
			}
		})
	}
}

// views are the choices of a dashboard's variables under which each of its
// panels has data once: no service both calls others and has a database.
func views(uid string) []string {
	if uid == "service" {
		return []string{"?var-service=gateway", "?var-service=items"}
	}
	return []string{""}
}

// opensRows opens the rows that are closed at first.
func (p *page) opensRows() {
	p.t.Helper()
	p.until("there are rows", `document.querySelectorAll('.tab-watch .row').length > 1`)
	p.run(chromedp.Evaluate[chromedp.Void](`document.querySelectorAll('.tab-watch .row:not([open]) > summary').forEach((row) => row.click())`))
	p.until("all rows are open", `document.querySelectorAll('.tab-watch .row:not([open])').length === 0`)
}

// awaitsData returns the panels that show no data in the end; all of them must, or else most.
func (p *page) awaitsData(all bool) (empty []string) {
	p.t.Helper()
	p.until("there are panels", `document.querySelectorAll('.tab-watch .panel').length > 3`)
	for deadline := time.Now().Add(patience); ; time.Sleep(250 * time.Millisecond) {
		empty = explained(evaluate[[]string](p, unfinished))
		loading := slices.ContainsFunc(empty, func(panel string) bool { return strings.Contains(panel, ": loading ") })
		if len(empty) == 0 || !all && len(empty) < 4 && !loading || time.Now().After(deadline) {
			return empty
		}
	}
}

// awaitsColours returns the charts that stay without any. The first seconds of a
// line close to zero are hidden by the axis.
func (p *page) awaitsColours() (without []string) {
	for deadline := time.Now().Add(patience); ; time.Sleep(250 * time.Millisecond) {
		without = evaluate[[]string](p, colourful)
		if len(without) == 0 || time.Now().After(deadline) {
			return without
		}
	}
}

// explained leaves out panels which are empty since nothing has gone wrong, and say so.
func explained(panels []string) []string {
	var left []string
	for _, panel := range panels {
		if !strings.Contains(panel, ": empty ") || strings.HasSuffix(panel, "no data yet") {
			left = append(left, panel)
		}
	}
	return left
}

// drawsPhasesAndParts looks into the panels that are more than lines: the strip
// of phases names the one that is on, and a target's bar is made of its parts.
func (c *console) drawsPhasesAndParts(t *testing.T) {
	p := newPage(t, c.browser, c.url, wideWidth, tall)
	p.show("#/watch/load-generator")
	p.until("a bar has several parts", `[...document.querySelectorAll('.bar-stack')].some((bar) => bar.querySelectorAll('.bar-piece').length > 2)`)
	p.until("the parts have the colours of the legend", `(() => {
		const panel = document.querySelector('.panel[data-type="barchart"]');
		const named = new Map([...panel.querySelectorAll('.legend li')].map((li) => [li.textContent, li.querySelector('.swatch').style.background]));
		return [...panel.querySelectorAll('.bar-piece')].every((piece) => named.get(piece.title.split(':')[0]) === piece.style.background);
	})()`)
	const strip = `.panel[data-type="state-timeline"]`
	p.until("the strip is drawn", `document.querySelector('`+strip+`[data-state="data"] .u-over')`)
	for deadline, text := time.Now().Add(patience), ""; !strings.HasPrefix(text, p.state().Phase); text = p.tooltipAt(strip, 1) {
		if time.Now().After(deadline) {
			t.Fatalf("the phase is %s; the strip's tooltip is %q", p.state().Phase, text)
		}
	}
	p.click(`.row:not([open]) > summary, .row[open] > summary`)
	p.until("a row closes", `document.querySelectorAll('.tab-watch .row:not([open])').length > 0`)
}

func (c *console) marksAChange(t *testing.T) {
	p := c.page(t)
	p.show("#/steer")
	wanted := p.changesTheRate()
	began := time.Now()
	p.run(chromedp.Evaluate[chromedp.Void](`location.hash = '#/watch/load-generator?range=5m'`))
	const panel = `.panel[data-panel-id="6"]`
	p.until("the chart is drawn", `document.querySelector('`+panel+`[data-state="data"] .u-over')`)
	p.run(chromedp.ScrollIntoView(chromedp.CSS(panel)))
	asked := fmt.Sprintf("asked%v", wanted)
	for text := ""; !strings.Contains(text, asked); text = p.tooltipAt(panel, 1) {
		if time.Since(began) > patience {
			t.Fatalf("the chart does not show %s; its tooltip is %q", asked, text)
		}
	}
	t.Logf("%s is in the chart %v after the change", asked, time.Since(began).Round(10*time.Millisecond))
	mark := fmt.Sprintf("rate %v/s", wanted)
	since := `(Date.now() / 1000 - JSON.parse(sessionStorage.getItem('loadlab.marks')).at(-1).time) / 300`
	for text := ""; !strings.Contains(text, mark); text = p.tooltipAt(panel, 1-evaluate[float64](p, since)) {
		if time.Since(began) > 2*patience {
			t.Fatalf("the chart has no mark %q; its tooltip is %q", mark, text)
		}
	}
}

// tooltipAt moves the mouse over a chart and returns what it then says. The
// place is the share of the chart's width, from the left.
func (p *page) tooltipAt(panel string, place float64) string {
	p.t.Helper()
	box := evaluate[struct{ X, Y, Width, Height float64 }](p, `document.querySelector('`+panel+` .u-over').getBoundingClientRect().toJSON()`)
	x, y := box.X+min(box.Width-3, place*box.Width), box.Y+box.Height/2
	p.run(chromedp.MouseEvent(input.DispatchMouseEventTypeMouseMoved, x-1, y), chromedp.MouseEvent(input.DispatchMouseEventTypeMouseMoved, x, y))
	time.Sleep(100 * time.Millisecond)
	return evaluate[string](p, `[...document.querySelectorAll('.tip:not([hidden]) .tip-row')].map((row) => row.textContent).join(' | ')`)
}

func (c *console) opensExemplars(t *testing.T) {
	p := c.page(t)
	p.show("#/watch/" + c.settings.Home)
	p.until("dots of traces are shown", `document.querySelectorAll('.exemplar:not([hidden])').length > 0`)
	p.click(`.exemplar:not([hidden])`)
	p.until("the dot leads to a trace", `location.hash.startsWith('#/traces/')`)
	c.showsWaterfall(p)
}

// raisesTheLoad asks for more than a core can compute with the button of the
// first dashboard, which is there as long as the rate is lower.
func (c *console) raisesTheLoad(t *testing.T) {
	p := c.page(t)
	p.show("#/watch/" + c.settings.Home)
	const button = `.raise button`
	p.awaitsALongPhase()
	if rate := p.state().Rate; rate >= 110 {
		t.Fatalf("the rate is %v/s already", rate)
	}
	p.until("the load can be raised", `document.querySelector('`+button+`:not([hidden])')`)
	p.click(button)
	p.until("it was raised, and cannot be again", `document.querySelector('.raise .outcome.done') && document.querySelector('`+button+`').hidden`)
	if rate := p.state().Rate; rate != 110 {
		t.Errorf("the rate is %v/s", rate)
	}
	p.show("#/watch/service")
	if evaluate[bool](p, `Boolean(document.querySelector('.raise'))`) {
		t.Error("other dashboards have the button too")
	}
}
