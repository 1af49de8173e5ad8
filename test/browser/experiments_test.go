package browser

import (
	"fmt"
	"strings"
	"testing"

	"loadlab/experiments/catalog"
)

// awaitsCatalog waits until every experiment of the catalog is on the page.
func (p *page) awaitsCatalog() {
	p.t.Helper()
	all, err := catalog.List()
	if err != nil {
		p.t.Fatal(err)
	}
	p.until("the catalog is there", fmt.Sprintf(`document.querySelectorAll('.experiment-card').length === %d`, len(all)))
}

// runsExperiments starts one as a reader does, follows it, and opens its result.
func (c *console) runsExperiments(t *testing.T) {
	p := c.page(t)
	p.show("#/experiments")
	p.awaitsCatalog()
	const card = `.experiment-card[data-experiment="tutorial-blocking"]`
	p.click(card + ` button:first-of-type`)
	p.until("it measures", `document.querySelectorAll('.run-now:not([hidden]) .points tbody tr').length > 2`)
	if !p.state().Paused {
		t.Error("the tour is not paused")
	}
	if text := evaluate[string](p, `document.querySelector('.run-now').innerText`); !strings.Contains(text, "One blocking call") || !strings.Contains(text, " of 7, ") {
		t.Errorf("the running experiment is shown as %q", text)
	}
	if n := evaluate[int](p, `document.querySelectorAll('.card-foot button:not(:disabled)').length`); n != 0 {
		t.Errorf("%d buttons would start a second one", n)
	}
	p.holdsItsContent()
	p.until("it has ended", `document.querySelector('.run-ended:not([hidden]) .verdict')`)
	if p.state().Paused {
		t.Error("the tour is still paused")
	}
	if n := evaluate[int](p, fmt.Sprintf(`document.querySelectorAll('%s .found .verdict, .results tbody tr').length`, card)); n < 2 {
		t.Error("the new result is missing in the catalog or in the list")
	}
	p.click(`.run-ended a`)
	p.until("the result is shown whole", `(() => { const frame = document.querySelector('iframe.result'), page = frame?.contentDocument;
		return page?.querySelector('h1')?.textContent === 'One blocking call' && page.querySelector('table.checks') &&
			Math.abs(frame.clientHeight - page.documentElement.scrollHeight) < 20; })()`)
}

// stopsAnExperiment ends one before its time; what was measured is kept.
func (c *console) stopsAnExperiment(t *testing.T) {
	p := c.page(t)
	p.show("#/experiments")
	p.awaitsCatalog()
	p.click(`.experiment-card[data-experiment="io-scaling"] button:first-of-type`)
	p.until("it can be stopped", `document.querySelector('.run-now:not([hidden]) .danger:not(:disabled)')`)
	p.click(`.run-now .danger`)
	p.until("it has ended", `document.querySelector('.run-ended:not([hidden])')`)
	if text := evaluate[string](p, `document.querySelector('.run-ended').innerText`); !strings.Contains(text, "incomplete") && !strings.Contains(text, "stopped") {
		t.Errorf("its end is shown as %q", text)
	}
}
