//go:build unix

package browser

import (
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"

	"loadlab/internal/testkit"
)

// TestGeneratorAway looks at a console whose generator refuses its configuration,
// then runs, then is stopped.
func TestGeneratorAway(t *testing.T) {
	if os.Getenv("LAB_BROWSER") != "1" && os.Getenv("LAB_REQUIRE") != "1" {
		t.Skip("runs a console and Chromium: set LAB_BROWSER=1")
	}
	testkit.Require(t, "chromium")
	target := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	defer target.Close()
	admin, reports := testkit.FreeAddress(t), "LOADGEN_REPORT_DIR="+t.TempDir()
	load := func(rate string) *testkit.Process {
		return testkit.Launch(t, "loadgen", []string{"--duration=0s", "--rate=" + rate}, "LOADGEN_TARGETS=GET "+target.URL, "LOADGEN_ADMIN_ADDR="+admin, reports)
	}
	load("abc").Wait()
	c := &console{url: testkit.StartConsole(t, "CONSOLE_GENERATOR_URL=http://"+admin, reports).URL}
	c.look(t)
	p := c.page(t)
	defer p.forgivesMissingUpstreams()
	p.show("#/steer")
	const away, header = `document.querySelector('.steer-away')`, `document.getElementById('health').textContent`
	refusal := `.includes('refused to start') && ` + away + `.textContent.includes('--rate="abc"')`
	p.until("the tab shows the refusal", `!`+away+`.hidden && `+away+`.textContent`+refusal)
	p.until("every tab shows the refusal", header+refusal)
	run := load("20")
	p.until("the controls return", away+`.hidden && `+header+` === ''`)
	run.Stop()
	p.until("the page says that the run ended", `!`+away+`.hidden && `+away+`.textContent.includes('the run ended')`)
}

// forgivesMissingUpstreams drops what Chromium itself says of replies that are errors: this console has hardly an upstream.
func (p *page) forgivesMissingUpstreams() {
	p.mu.Lock()
	defer p.mu.Unlock()
	var others []string
	for _, text := range p.said {
		if !strings.HasPrefix(text, "Failed to load resource") {
			others = append(others, text)
		}
	}
	p.said = others
}
