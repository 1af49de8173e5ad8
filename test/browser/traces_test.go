package browser

import (
	"testing"
	"time"
)

func (c *console) findsTraces(t *testing.T) {
	p := c.page(t)
	p.show("#/traces?service=mixed&limit=50")
	for deadline := time.Now().Add(patience); evaluate[bool](p, `document.querySelector('.trace-row') === null`); time.Sleep(time.Second) {
		if time.Now().After(deadline) {
			t.Fatalf("no traces of mixed; the page shows\n%s", p.text())
		}
		p.click(`.trace-form button[type="submit"]`)
	}
	p.click(`.trace-row`)
	c.showsWaterfall(p)
	back := evaluate[string](p, `history.back() ?? ''`)
	p.until("the way back leads to the search"+back, `location.hash.includes('service=mixed') && document.querySelector('.trace-row')`)
}

// showsWaterfall checks the page of a trace of several services.
func (c *console) showsWaterfall(p *page) {
	p.t.Helper()
	p.until("the waterfall is drawn", `document.querySelectorAll('.span-bar').length > 1`)
	p.until("spans are split", `document.querySelector('.span-bar .part')`)
	p.click(`.span-row`)
	p.until("the span's attributes are shown", `document.querySelector('.span-facts .facts')`)
}
