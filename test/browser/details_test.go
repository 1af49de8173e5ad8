package browser

import (
	"fmt"
	"slices"
	"testing"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp"
)

// contrastsEverywhere reads every tab in both themes.
func (c *console) contrastsEverywhere(t *testing.T) {
	for _, theme := range []string{"light", "dark"} {
		p := c.themed(t, theme, 1280)
		p.show("#/watch")
		for _, name := range append(tabs(p), "glossary") {
			p.show("#/" + name)
			p.until(name+" has content", `document.querySelector('main .tab').innerText.length > 20`)
			p.contrasts(`body`)
		}
	}
}

// recovers opens the first tab while its dashboard cannot be had, then lets it through.
func (c *console) recovers(t *testing.T) {
	p := c.page(t)
	defer p.forgivesMissingUpstreams()
	blocked := network.SetBlockedURLsParams{URLPatterns: []*network.BlockPattern{{URLPattern: c.url + "/dashboards/*", Block: true}}}
	p.run(command(network.SetBlockedURLs, blocked), chromedp.Navigate(c.url+"/#/watch"))
	p.until("the tab says that it tries again", `document.querySelector('main [role="alert"]')?.textContent.includes('trying again')`)
	p.run(command(network.SetBlockedURLs, network.SetBlockedURLsParams{}))
	p.until("it is shown without a reload", `document.querySelectorAll('.tab-watch .panel').length > 3 && !document.querySelector('main [role="alert"]')`)
}

// listsPhases compares the phases with those of the plan, one of which is current.
func (c *console) listsPhases(t *testing.T) {
	p := c.page(t)
	p.show("#/steer")
	p.until("a phase is current", `document.querySelector('.phase-list [aria-current]')`)
	shown := evaluate[[]string](p, `[...document.querySelectorAll('.phase-list li')].map((li) => li.textContent)`)
	planned := evaluate[[]string](p, `fetch('/generator/api/v1/run').then((r) => r.json()).then((state) => state.phases)`)
	if len(planned) < 2 || !slices.Equal(shown, planned) {
		t.Errorf("the phases are %q, those of the plan %q", shown, planned)
	}
}

// pausesMotion stops the dots and lets them go on.
func (c *console) pausesMotion(t *testing.T) {
	p := c.page(t)
	p.run(command(emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{}))
	p.show("#/flow")
	const places = `[...document.querySelectorAll('.dots circle[visibility="visible"]')].map((dot) => dot.getAttribute('cx')).join()`
	moves := fmt.Sprintf(`(async () => {
		const before = %[1]s;
		await new Promise((resolve) => { setTimeout(resolve, 500); });
		return %[1]s !== before;
	})()`, places)
	p.until("dots are under way", places+` !== ''`)
	p.until("they move", moves)
	p.click(`.flow-foot button`)
	p.until("they stand", `(`+moves+`).then((moved) => !moved)`)
	p.click(`.flow-foot button`)
	p.until("they move again", moves)
}
