package browser

import (
	"context"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
)

var (
	pictures    = flag.String("pictures", "", "folder in which tests leave pictures of what they look at, for a reviewer")
	screenshots = flag.String("screenshots", "", "folder in which to make the documentation's pictures")
	settle      = flag.Duration("settle", 0, "how long the lab runs before the pictures are made")
)

// largest is the size of a picture, in bytes, beyond which it is too much for a README.
const largest = 300_000

// TestScreenshots makes a picture of each tab once its charts have a few minutes to show.
func TestScreenshots(t *testing.T) {
	if *screenshots == "" {
		t.Skip("makes the documentation's pictures: give -screenshots DIR")
	}
	c := open(t, "tour", "30s")
	time.Sleep(*settle)
	t.Run("tabs", c.picturesOfTabs)
	t.Run("dashboards", c.picturesOfDashboards)
}

func (c *console) picturesOfTabs(t *testing.T) {
	for _, picture := range []struct {
		name, hash, ready string
		phase             string        // of the tour that has something to show, if it matters
		wait              time.Duration // for what is drawn as it comes
		height            int
	}{
		{"steer", "#/steer", `document.querySelector('.sparkline')`, "", time.Minute, 800},
		{"traces", "#/traces?service=mixed", `document.querySelector('.trace-row')`, "", 0, 800},
		{"flow", "#/flow", `document.querySelector('.tab-flow svg')`, "all", 15 * time.Second, 800},
		{"experiments", "#/experiments", `document.querySelector('.experiment-card')`, "", 0, 900},
		{"watch", "#/watch?range=5m", `document.querySelectorAll('.tab-watch canvas').length > 3`, "cpu", 25 * time.Second, 1180},
	} {
		p := newPage(t, c.browser, c.url, 1280, picture.height)
		p.show(picture.hash)
		p.until(picture.name+" is drawn", picture.ready)
		if picture.name == "traces" {
			p.click(`.trace-row`)
			p.until("a trace is drawn", `document.querySelectorAll('.span-bar').length > 2`)
			p.click(`.span-row:last-child`)
		}
		if picture.name == "experiments" {
			p.click(`.experiment-card[data-experiment="tutorial-io"] button:first-of-type`)
			p.until("it has ended", `document.querySelector('.run-ended:not([hidden]) .verdict')`)
			p.click(`.experiment-card[data-experiment="tutorial-blocking"] button:first-of-type`)
			p.until("much is measured", `document.querySelectorAll('.points tbody tr').length > 7`)
		}
		for deadline := time.Now().Add(3 * time.Minute); picture.phase != "" && p.state().Phase != picture.phase; time.Sleep(time.Second) {
			if time.Now().After(deadline) {
				t.Fatalf("the tour does not reach its phase %s", picture.phase)
			}
		}
		time.Sleep(picture.wait)
		p.picture(t, filepath.Join(*screenshots, picture.name+".png"))
	}
}

// picturesOfDashboards makes one of each whole dashboard, in both themes, as
// wide as a desk's screen and as a tablet's.
func (c *console) picturesOfDashboards(t *testing.T) {
	folder := filepath.Join(*screenshots, "dashboards")
	if err := os.MkdirAll(folder, 0o755); err != nil {
		t.Fatal(err)
	}
	for _, dashboard := range c.settings.Dashboards {
		for _, theme := range []string{"light", "dark"} {
			for _, width := range []int64{1600, 1024} {
				p := newPage(t, c.browser, c.url, int(width), 900)
				p.run(command(emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{
					Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: theme}},
				}))
				p.show("#/watch/" + dashboard.UID)
				p.until("its charts are drawn", `document.querySelectorAll('.tab-watch .row').length > 1`)
				p.run(chromedp.EmulateViewport(width, evaluate[int64](p, `document.documentElement.scrollHeight`)))
				p.until("nothing is loading", `document.querySelectorAll('.row[open] .panel[data-state="loading"]').length === 0`)
				time.Sleep(3 * time.Second) // a refresh for the new size
				p.picture(t, filepath.Join(folder, fmt.Sprintf("%s-%s-%d.png", dashboard.UID, theme, width)))
			}
		}
	}
}

func (p *page) picture(t *testing.T, file string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(p.ctx, patience)
	defer cancel()
	picture, err := chromedp.Run(ctx, chromedp.CaptureScreenshot())
	if err != nil {
		t.Fatalf("%s: %v", file, err)
	}
	if picture, err = fewerColours(picture); err != nil {
		t.Fatalf("%s: %v", file, err)
	}
	if len(picture) > largest {
		t.Errorf("%s has %d bytes, more than %d", file, len(picture), largest)
	}
	if err := os.WriteFile(file, picture, 0o644); err != nil {
		t.Fatal(err)
	}
}
