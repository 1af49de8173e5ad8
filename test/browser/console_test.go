package browser

import (
	"context"
	"encoding/json"
	"net/http"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"loadlab/internal/testkit"
)

// console is one to look at, with a browser.
type console struct {
	url      string
	browser  context.Context
	settings settings
}

// settings are what the test needs of /config.json.
type settings struct {
	Home       string
	Services   []string
	Dashboards []struct{ UID, Title string }
}

// open finds or starts a console, and starts a browser. A lab of its own runs the
// scenario with phases of that length, after the first glance at all of them.
func open(t *testing.T, scenario, phase string) *console {
	t.Helper()
	c := &console{url: os.Getenv("LAB_CONSOLE_URL")}
	if c.url == "" && os.Getenv("LAB_BROWSER") != "1" && os.Getenv("LAB_REQUIRE") != "1" {
		t.Skip("runs a lab and Chromium for a minute: set LAB_BROWSER=1")
	}
	testkit.Require(t, "chromium")
	if c.url == "" {
		_, c.url = startLab(t, "LOADGEN_SCENARIO="+scenario, "LOADGEN_DURATION="+phase)
	}
	c.look(t)
	return c
}

// look reads the console's settings and starts a browser.
func (c *console) look(t *testing.T) {
	t.Helper()
	response, err := http.Get(c.url + "/config.json")
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	if err := json.NewDecoder(response.Body).Decode(&c.settings); err != nil {
		t.Fatal(err)
	}
	options := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath("chromium"),
		chromedp.Flag("force-color-profile", "srgb"), chromedp.Flag("disable-component-update", true))
	if os.Geteuid() == 0 {
		options = append(options, chromedp.NoSandbox) // Chromium refuses root otherwise
	}
	allocator, cancel := chromedp.NewExecAllocator(context.Background(), options...)
	t.Cleanup(cancel)
	browser, stop := chromedp.NewContext(allocator)
	t.Cleanup(stop)
	if err := chromedp.Do(browser); err != nil {
		t.Fatalf("start chromium: %v", err)
	}
	c.browser = browser
}

// startLab runs a lab until it is up, and returns it with its console's
// address. Ports are free ones where the environment names none.
func startLab(t *testing.T, environment ...string) (lab *testkit.Process, address string) {
	t.Helper()
	free := []string{"LOADGEN_TRACE_RATIO=0.2"}
	for _, name := range []string{"CONSOLE", "GATEWAY", "IOBOUND", "CPUBOUND", "MIXED", "ITEMS", "LOADGEN", "PROMETHEUS", "JAEGER", "OTLP"} {
		free = append(free, name+"_PORT=0")
	}
	lab = testkit.Launch(t, "lab", nil, append(free, environment...)...)
	t.Cleanup(func() {
		if code := lab.Stop(); code != 0 {
			t.Errorf("the lab ended with exit code %d", code)
		}
	})
	console := regexp.MustCompile(`open (http://\S+)`)
	for deadline := time.Now().Add(patience); time.Now().Before(deadline); time.Sleep(50 * time.Millisecond) {
		if found := console.FindStringSubmatch(lab.Stdout()); found != nil && strings.Contains(lab.Stdout(), "loadgen    | ready") {
			return lab, found[1]
		}
	}
	t.Fatalf("the lab is not up after %v; it said\n%s%s", patience, lab.Stdout(), lab.Stderr())
	return nil, ""
}

// wide and narrow are the sizes of a desk's screen and of a phone's, in pixels.
const (
	wideWidth, wideHeight     = 1440, 900
	narrowWidth, narrowHeight = 360, 740
)

func (c *console) page(t testing.TB) *page {
	t.Helper()
	return newPage(t, c.browser, c.url, wideWidth, wideHeight)
}

// TestConsole shares one lab and one browser among its parts.
func TestConsole(t *testing.T) {
	c := open(t, "steady", "5m") // longer than a test that changes a phase
	t.Run("tabs", c.tabsOpen)
	t.Run("phone", c.fitsAPhone)
	t.Run("keyboard", c.obeysTheKeyboard)
	t.Run("strip", c.showsTheStrip)
	t.Run("strip in trouble", c.reddensTheStrip)
	t.Run("contrast", c.contrastsEverywhere)
	t.Run("recovery", c.recovers)
	t.Run("phases", c.listsPhases)
	t.Run("motion", c.pausesMotion)
	t.Run("glossary", c.explainsTerms)
	t.Run("dashboards", c.drawsDashboards)
	t.Run("phases and parts", c.drawsPhasesAndParts)
	t.Run("exemplars", c.opensExemplars)
	t.Run("steer", c.steers)
	t.Run("marks", c.marksAChange)
	t.Run("faults", c.switchesFaults)
	t.Run("traces", c.findsTraces)
	t.Run("raise", c.raisesTheLoad)
	t.Run("experiments", c.runsExperiments)
	t.Run("guard", c.guardsAnExperiment)
	t.Run("stop", c.stopsAnExperiment)
}

// tabs are the names of the page's tabs.
func tabs(p *page) []string {
	p.t.Helper()
	p.until("there are tabs", `document.querySelectorAll('#tabs a').length > 0`)
	return evaluate[[]string](p, `[...document.querySelectorAll('#tabs a')].map((a) => a.dataset.tab)`)
}
