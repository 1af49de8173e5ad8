package browser

import (
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

func (c *console) tabsOpen(t *testing.T) {
	p := c.page(t)
	p.run(chromedp.Navigate(c.url))
	for _, name := range tabs(p) {
		p.click(`#tabs a[data-tab="` + name + `"]`)
		p.until(name+" is shown", `document.querySelector('main .tab-`+name+`')?.innerText.length > 20`)
		if current := evaluate[string](p, `document.querySelector('#tabs [aria-current]').dataset.tab`); current != name {
			t.Errorf("%s is shown as the current tab, not %s", current, name)
		}
		p.holdsItsContent()
	}
	p.run(chromedp.Navigate(c.url + "/#/nowhere"))
	p.until("an unknown address shows the first tab", `document.querySelector('main .tab')?.dataset.tab === document.querySelector('#tabs a').dataset.tab`)
}

// holdsItsContent checks that nothing hangs out of its panel.
func (p *page) holdsItsContent() {
	p.t.Helper()
	p.until("panels hold their content", `[...document.querySelectorAll('main .panel')]
		.every((panel) => getComputedStyle(panel).overflow !== 'visible' || panel.scrollHeight <= panel.clientHeight + 4)`)
}

func (c *console) fitsAPhone(t *testing.T) {
	p := newPage(t, c.browser, c.url, narrowWidth, narrowHeight)
	p.run(chromedp.Navigate(c.url))
	for _, name := range tabs(p) {
		p.show("#/" + name)
		p.until(name+" has content", `document.querySelector('main .tab').innerText.length > 20`)
		wide := evaluate[[]string](p, `[...document.querySelectorAll('body *')]
			.filter((e) => e.getBoundingClientRect().right > innerWidth + 1 && !e.closest('[data-scrolls]'))
			.map((e) => e.tagName + '.' + e.className).slice(0, 5)`)
		if width := evaluate[int](p, `document.documentElement.scrollWidth`); width > narrowWidth {
			t.Errorf("%s is %d pixels wide on a screen of %d: %v", name, width, narrowWidth, wide)
		}
		p.holdsItsContent()
	}
}

func (c *console) obeysTheKeyboard(t *testing.T) {
	p := c.page(t)
	p.run(chromedp.Navigate(c.url))
	names := tabs(p)
	last := names[len(names)-1]
	for presses := 0; ; presses++ {
		p.run(chromedp.KeyEvent(kb.Tab))
		focused := evaluate[string](p, `document.activeElement?.dataset?.tab ?? ''`)
		if focused == last {
			break
		}
		if presses > len(names)+5 {
			t.Fatalf("%d presses of the tab key have not reached %s", presses, last)
		}
	}
	if style := evaluate[string](p, `getComputedStyle(document.activeElement).outlineStyle`); style == "none" {
		t.Error("the focused tab cannot be told from the others")
	}
	p.run(chromedp.KeyEvent(kb.Enter))
	p.until("Enter has opened it", `document.querySelector('main .tab')?.dataset.tab === '`+last+`'`)
}
