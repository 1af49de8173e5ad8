package browser

import (
	"fmt"
	"math"
	"strings"
	"testing"
	"time"
)

// state is the generator's, as far as these tests need it.
type state struct {
	Phase  string
	Loop   string
	Rate   float64
	Paused bool
}

func (p *page) state() state {
	p.t.Helper()
	return evaluate[state](p, `fetch('/generator/api/v1/run').then((r) => r.json())`)
}

// figure is the expression of a number of the readout.
func figure(id string) string {
	return fmt.Sprintf(`parseFloat(document.querySelector('[data-figure="%s"]').textContent)`, id)
}

// awaitsALongPhase waits for the end of the tour's first glances, which last 3 s each.
func (p *page) awaitsALongPhase() {
	p.t.Helper()
	for deadline := time.Now().Add(patience); time.Now().Before(deadline); {
		before := p.state().Phase
		time.Sleep(4 * time.Second)
		if p.state().Phase == before {
			return
		}
	}
	p.t.Fatal("no phase of the tour lasts")
}

// changesTheRate sets the rate as a reader does, and returns it. A phase that
// ends meanwhile brings its own rate; then it begins again.
func (p *page) changesTheRate() float64 {
	p.t.Helper()
	for range 5 {
		p.awaitsALongPhase()
		p.until("the loop is open, so that it has a rate", `!document.querySelector('#steer-rate').disabled && document.querySelector('#steer-rate').value > 0`)
		before := p.state()
		wanted := math.Ceil(before.Rate / 2) // what a service can serve of any kind
		p.run(writes(`#steer-rate`, fmt.Sprint(wanted), "\r"))
		p.until("the change is answered", `document.querySelector('.controls .outcome.done, .controls .outcome.refused')`)
		if after := p.state(); after.Phase == before.Phase {
			if after.Rate != wanted {
				p.t.Fatalf("the rate is %v, not %v", after.Rate, wanted)
			}
			return wanted
		}
	}
	p.t.Fatal("each phase has ended while its rate was changed")
	return 0
}

func (c *console) steers(t *testing.T) {
	p := c.page(t)
	p.show("#/steer")
	p.until("there are numbers", `document.querySelector('[data-figure="rate"]')?.textContent !== '–'`)
	wanted := p.changesTheRate()
	began := time.Now()
	p.until("the throughput follows", fmt.Sprintf(`Math.abs(%s - %v) < 0.2 * %v`, figure("rate"), wanted, wanted))
	t.Logf("a rate of %v/s is seen after %v", wanted, time.Since(began).Round(10*time.Millisecond))
	for _, step := range []struct{ button, condition string }{{"Pause", "paused"}, {"Resume", "running"}} {
		p.run(presses(step.button))
		p.until("the run is "+step.condition, `document.querySelector('.run-condition.`+step.condition+`')`)
	}
}

func (c *console) switchesFaults(t *testing.T) {
	p := c.page(t)
	p.show("#/steer")
	const card = `.fault-card[data-service="items"]`
	p.until("faults can be switched", `document.querySelector('`+card+` fieldset:not(:disabled)')`)
	p.run(chooses(card+` select`, "not_ready"))
	p.click(card + ` button[type="submit"]`)
	p.until("the fault is on", `document.querySelector('`+card+` [data-kind="not_ready"]')`)
	if text := evaluate[string](p, `fetch('/fault/items').then((r) => r.text())`); !strings.Contains(text, `"kind":"not_ready"`) {
		t.Errorf("the service has the faults %s", text)
	}
	p.click(card + ` [data-kind="not_ready"] button`)
	p.until("the fault is off", `!document.querySelector('`+card+` [data-kind="not_ready"]')`)

	p.run(chooses(card+` select[aria-label^="kind"]`, "latency"))
	p.run(chooses(card+` select[aria-label^="distribution"]`, "pareto"))
	p.run(chooses(card+` select[aria-label^="route"]`, "/items"))
	p.click(card + ` button[type="submit"]`)
	p.until("the fault of a route is on", `document.querySelector('`+card+` [data-kind="latency"]')?.textContent.includes('latency from 10 ms (Pareto, shape 1.2), at /items')`)
	if text := evaluate[string](p, `fetch('/fault/items').then((r) => r.text())`); !strings.Contains(text, `"kind":"latency","route":"/items","value":10,"distribution":"pareto"`) {
		t.Errorf("the service has the faults %s", text)
	}
	p.click(card + ` [data-kind="latency"] button`)
	p.until("the latency is off", `!document.querySelector('`+card+` [data-kind="latency"]')`)
}
