package browser

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/emulation"
)

// strip is the expression of what an item of the strip says.
func strip(id string) string {
	return fmt.Sprintf(`document.querySelector('[data-strip="%s"] dd').textContent`, id)
}

// themed gives a tab of that width in a theme.
func (c *console) themed(t *testing.T, theme string, width int) *page {
	t.Helper()
	p := newPage(t, c.browser, c.url, width, 844)
	p.run(command(emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Features: []*emulation.MediaFeature{
		{Name: "prefers-color-scheme", Value: theme}, {Name: "prefers-reduced-motion", Value: "reduce"},
	}}))
	return p
}

// showsTheStrip looks at the strip on every tab, in both themes, on a desk and on a phone.
func (c *console) showsTheStrip(t *testing.T) {
	up := fmt.Sprintf("%d of %d", len(c.settings.Services), len(c.settings.Services))
	for _, theme := range []string{"light", "dark"} {
		for _, width := range []int{1280, 390} {
			p := c.themed(t, theme, width)
			p.show("#/watch")
			for _, name := range tabs(p) {
				p.show("#/" + name)
				p.until("the run is shown on "+name, strip("run")+`.startsWith('running, phase ') && parseFloat(`+strip("achieved")+`) > 0 && `+strip("p99")+` !== '–'`)
				p.until("all services are up", strip("services")+` === '`+up+`'`)
				p.contrasts(`.strip`)
				if right := evaluate[float64](p, `Math.max(...[...document.querySelectorAll('.strip *:not(.strip-told)')].map((e) => e.getBoundingClientRect().right))`); right > float64(width) {
					t.Errorf("%s, %s: the strip ends at %v of %d pixels", name, theme, right, width)
				}
			}
			if *pictures != "" {
				p.picture(t, filepath.Join(*pictures, fmt.Sprintf("strip-%s-%d.png", theme, width)))
			}
		}
	}
}

// contrasts checks the texts in what a selector finds by WCAG 2.2 AA: 4.5 to 1.
func (p *page) contrasts(selector string) {
	p.t.Helper()
	for _, poor := range evaluate[[]string](p, fmt.Sprintf(contrastScript, selector)) {
		p.t.Errorf("too little contrast: %s", poor)
	}
}

// contrastScript lists the visible texts that have less than 4.5 to 1 to what lies under them.
const contrastScript = `(() => {
	const luminance = ([r, g, b]) => [r, g, b].map((v) => v / 255).map((v) => v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4)
		.reduce((sum, v, i) => sum + v * [0.2126, 0.7152, 0.0722][i], 0);
	const rgb = (text) => { // color-mix gives color(srgb …), of 0 to 1
		const found = text.match(/[\d.]+/g).map(Number);
		return [...found.slice(0, 3).map((v) => text.startsWith('color(') ? 255 * v : v), found[3] ?? 1];
	};
	const under = (e) => {
		for (let at = e; at; at = at.parentElement) { const found = rgb(getComputedStyle(at).backgroundColor); if (found[3] === 1) return found; }
		return [255, 255, 255];
	};
	return [...document.querySelectorAll(%q + ' *')]
		.filter((e) => [...e.childNodes].some((n) => n.nodeType === 3 && n.textContent.trim()) && e.checkVisibility({ opacityProperty: true, visibilityProperty: true }) && !e.closest(':disabled'))
		.map((e) => {
			const [a, b] = [rgb(getComputedStyle(e).color), under(e)].map(luminance).sort((x, y) => y - x);
			return [(a + 0.05) / (b + 0.05), e];
		})
		.filter(([ratio]) => ratio < 4.5)
		.map(([ratio, e]) => ratio.toFixed(2) + ' ' + e.tagName + '.' + e.className + ' ' + e.textContent.slice(0, 40));
})()`

// reddensTheStrip makes requests fail, and pauses the load.
func (c *console) reddensTheStrip(t *testing.T) {
	for _, theme := range []string{"light", "dark"} {
		p := c.themed(t, theme, 1280)
		p.show("#/steer")
		p.until("faults can be switched", `document.querySelector('.fault-card[data-service="iobound"] fieldset:not(:disabled)')`)
		p.run(chooses(`.fault-card[data-service="iobound"] select`, "errors"))
		p.click(`.fault-card[data-service="iobound"] button[type="submit"]`)
		p.until("failures are red", `document.querySelector('[data-strip="failed"].bad') && parseFloat(`+strip("failed")+`) > 0`)
		p.contrasts(`.strip`)
		p.until("they are said too", `document.querySelector('.strip [role="status"]').textContent.includes('Failed')`)
		if *pictures != "" {
			p.picture(t, filepath.Join(*pictures, "strip-red-"+theme+".png"))
		}
		p.click(`.fault-card[data-service="iobound"] [data-kind="errors"] button`)
		p.until("the fault is off", `!document.querySelector('.fault-card[data-service="iobound"] [data-kind="errors"]')`)
	}
	p := c.page(t)
	p.show("#/steer")
	p.until("the run can be paused", `document.querySelector('[data-control="run"]:not(:disabled)')`)
	p.run(presses("Pause"))
	p.until("nothing is sent", strip("valid")+` === 'nothing was sent'`)
	for _, id := range []string{"asked", "achieved", "failed", "p99"} {
		if text := evaluate[string](p, strip(id)); text != "–" {
			t.Errorf("%s of a paused run is %q", id, text)
		}
	}
	p.run(presses("Resume"))
	p.until("the run is back", strip("run")+`.startsWith('running') && parseFloat(`+strip("achieved")+`) > 0`)
}

// guardsAnExperiment checks that a running experiment is named on other tabs, where controls are off.
func (c *console) guardsAnExperiment(t *testing.T) {
	p := c.page(t)
	p.show("#/experiments")
	p.awaitsCatalog()
	p.click(`.experiment-card[data-experiment="io-scaling"] button:first-of-type`)
	p.until("it can be stopped", `document.querySelector('.run-now:not([hidden]) .danger:not(:disabled)')`)
	title := evaluate[string](p, `document.querySelector('.experiment-card[data-experiment="io-scaling"] h3').textContent`)
	p.run(script(`(location.hash = '#/steer') !== ''`))
	p.until("the strip names it", strip("run")+`.includes('experiment `+title+`')`)
	p.until("the controls are off", `document.querySelectorAll('.steer fieldset').length > 0 && !document.querySelector('.steer fieldset:not(:disabled)')`)
	if why := evaluate[string](p, `document.querySelector('[data-control="run"] .why').textContent`); !strings.Contains(why, title) {
		t.Errorf("the controls are off because %q", why)
	}
	p.click(`[data-strip="run"] a`)
	p.until("the link leads to it", `location.hash === '#/experiments' && document.querySelector('.run-now:not([hidden]) .danger:not(:disabled)')`)
	p.click(`.run-now .danger`)
	p.until("it has ended", `document.querySelector('.run-ended:not([hidden])')`)
	p.run(script(`(location.hash = '#/steer') !== ''`))
	p.until("the controls are back", `document.querySelector('[data-control="run"]:not(:disabled)') && !`+strip("run")+`.includes('experiment')`)
}
