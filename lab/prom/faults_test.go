package prom

import (
	"fmt"
	"slices"
	"testing"
	"time"

	v1 "github.com/prometheus/client_golang/api/prometheus/v1"
	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/labels"

	"loadlab/internal/testkit"
)

// awaitUp waits until the newest value of up is want.
func awaitUp(t *testing.T, c v1.API, want model.SampleValue) {
	t.Helper()
	await(t, c, fmt.Sprintf(`up{job="iobound"} == %v`, want))
}

// A target behind a broken network is down, and up again without help; each
// scrape leaves one sample.
func TestScrapesGoOnWhenTheNetworkDoes(t *testing.T) {
	link := testkit.NewProxy(t)
	link.Forward(scraped(t))
	cfg := testConfig(t)
	cfg.Targets = map[string][]string{"iobound": {link.Address}}
	c, _ := client(t, start(t, cfg))
	awaitUp(t, c, 1)
	for range testkit.Tries(t) {
		for _, state := range []testkit.Link{testkit.Cut, testkit.Reset, testkit.Silent} {
			link.Become(state)
			awaitUp(t, c, 0)
			link.Become(testkit.Whole)
			mended := time.Now()
			awaitUp(t, c, 1)
			t.Logf("%v: up again after %v", state, time.Since(mended).Round(time.Millisecond))
		}
	}
	value, _, _, err := c.Query(t.Context(), `up{job="iobound"}[1h]`, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	var times []model.Time
	for _, pair := range value.(model.Matrix)[0].Values {
		times = append(times, pair.Timestamp)
	}
	if !slices.IsSorted(times) || len(slices.Compact(times)) != len(value.(model.Matrix)[0].Values) {
		t.Errorf("a scrape left more than one sample: %v", times)
	}
}

// After a clock was an hour ahead and is set back, samples go on at once: they
// do not wait until the time of the newest one has come again.
func TestSamplesGoOnWhenTheClockIsSetBack(t *testing.T) {
	cfg := testConfig(t)
	address := scraped(t)
	cfg.Targets = map[string][]string{"iobound": {address}}
	e, err := Open(cfg)
	if err != nil {
		t.Fatal(err)
	}
	ahead := e.db.Appender(t.Context())
	series := labels.FromStrings("__name__", "up", "job", "iobound", "instance", address)
	if _, err := ahead.Append(0, series, time.Now().Add(time.Hour).UnixMilli(), 1); err != nil {
		t.Fatal(err)
	}
	if err := ahead.Commit(); err != nil {
		t.Fatal(err)
	}
	if err := e.Close(); err != nil {
		t.Fatal(err)
	}
	c, _ := client(t, start(t, cfg))
	awaitUp(t, c, 1)
}
