//go:build linux

package lab

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"loadlab/internal/testkit"
	"loadlab/test/observe"
)

// TestAFullDisk fills the disk that the lab's data are on: the services go on,
// the lab says what is wrong, and when there is room again metrics go on too.
func TestAFullDisk(t *testing.T) {
	folder := testkit.SmallDisk(t, 64<<20)
	l := start(t, nil, "LAB_DATA="+folder)
	scrapedAfter := func(at time.Time) func(context.Context) error {
		return func(ctx context.Context) error {
			series, err := l.prometheus.Query(ctx, `max(timestamp(up{job="gateway"}))`)
			if err == nil && (len(series) != 1 || series[0].Last() < float64(at.Unix()+1)) {
				err = fmt.Errorf("no sample since %v: %v", at, series)
			}
			return err
		}
	}
	must(t, observe.Eventually(t.Context(), time.Minute, scrapedAfter(l.began)))

	empty := testkit.Fill(t, folder)
	must(t, observe.Eventually(t.Context(), time.Minute, func(context.Context) error {
		if said := l.Stdout() + l.Stderr(); !strings.Contains(said, "the disk is full") {
			return fmt.Errorf("the lab says nothing of the full disk:\n%s", said)
		}
		return nil
	}))
	for _, target := range []string{"/io/wait?ms=5", "/cpu/spin?ms=2", "/mixed/parallel?io_ms=5&cpu_ms=2"} {
		response, err := http.Get(l.gateway + target)
		if err != nil {
			t.Fatal(err)
		}
		_ = response.Body.Close() // nothing of it is wanted
		if response.StatusCode != http.StatusOK {
			t.Errorf("%s: %s while the disk is full", target, response.Status)
		}
	}
	empty()
	must(t, observe.Eventually(t.Context(), time.Minute, scrapedAfter(time.Now())))
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
