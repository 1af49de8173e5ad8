package browser

import (
	"testing"
	"time"

	"github.com/chromedp/cdproto/input"
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
		t.Error("the focused tab looks like the others")
	}
	p.run(chromedp.KeyEvent(kb.Enter))
	p.until("Enter has opened it", `document.querySelector('main .tab')?.dataset.tab === '`+last+`'`)
}

// explainsTerms reads a definition with the keyboard and with the mouse, and
// follows it to the glossary.
func (c *console) explainsTerms(t *testing.T) {
	p := c.page(t)
	p.show("#/flow")
	const term, definition = `.flow-parts .term`, `document.querySelector('.flow-parts .definition')`
	p.until("there are terms", `document.querySelector('`+term+`')`)
	shown := definition + `.matches(':popover-open') && ` + definition + `.textContent.startsWith('The lateness of the generator itself')`
	hidden := `!` + definition + `.matches(':popover-open')`
	p.run(chromedp.Focus(chromedp.CSS(term)))
	p.until("the focus shows the definition", shown)
	p.run(chromedp.KeyEvent(kb.Escape))
	p.until("Escape hides it", hidden)
	p.run(script(`document.activeElement.blur() === undefined`))
	box := evaluate[struct{ X, Y, Width, Height float64 }](p, `document.querySelector('`+term+`').getBoundingClientRect().toJSON()`)
	p.run(chromedp.MouseEvent(input.DispatchMouseEventTypeMouseMoved, box.X+box.Width/2, box.Y+box.Height/2))
	p.until("so does the pointer", shown)
	p.run(chromedp.MouseEvent(input.DispatchMouseEventTypeMouseMoved, box.X+box.Width/2, box.Y+box.Height+10))
	time.Sleep(100 * time.Millisecond)
	if !evaluate[bool](p, shown) {
		t.Error("the definition is gone when the pointer goes to it")
	}
	p.run(chromedp.MouseEvent(input.DispatchMouseEventTypeMouseMoved, 2, 2))
	p.until("elsewhere it is hidden", hidden)
	p.click(term)
	p.until("the term leads to the glossary", `location.hash === '#/glossary/lag' && document.querySelector('.glossary [aria-current]').textContent === 'Lag'`)
	p.holdsItsContent()
}
