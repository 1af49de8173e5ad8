package grafana_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/prometheus/promql"
	"github.com/prometheus/prometheus/promql/promqltest"
	"github.com/prometheus/prometheus/storage"
)

const scrape = 2 * time.Second

// TestDefaultRange requires a range in which a lap of the tour can be seen.
func TestDefaultRange(t *testing.T) {
	for _, b := range boards(t) {
		if b.Time.From != "now-5m" || b.Time.To != "now" {
			t.Errorf("%s: shows %s to %s at first, want five minutes", b.UID, b.Time.From, b.Time.To)
		}
	}
}

// TestAnnotationsAreRareEvents asks for the annotations of five minutes in
// which the tour turns, two faults are switched on for a while, an experiment
// measures thirty steps, and a reader drags the rate for twenty seconds. Grafana draws a line at each end of what
// lasts, and a tint between them.
func TestAnnotationsAreRareEvents(t *testing.T) {
	const most = 8
	store := promqltest.LoadedStorage(t, fiveMinutes())
	engine := promqltest.NewTestEngine(t, false, 5*time.Minute, promqltest.DefaultMaxSamplesPerQuery)
	for _, b := range boards(t) {
		all := 0
		for _, annotation := range b.Annotations.List {
			if quiet := b.UID == "service" || b.UID == "go-runtime" || b.UID == "slo"; annotation.Enable == quiet {
				t.Errorf("%s: %s: enabled is %v", b.UID, annotation.Name, annotation.Enable)
			}
			events, longest := eventsOf(t, engine, store, annotation.Expr)
			if events == 0 || longest > scrape {
				t.Errorf("%s: %s: %d events of up to %v, want some that last a moment", b.UID, annotation.Name, events, longest)
			}
			all += events
		}
		if all > most {
			t.Errorf("%s: %d events in five minutes, want at most %d", b.UID, all, most)
		}
	}
}

// fiveMinutes are samples every two seconds, in promqltest's notation.
func fiveMinutes() string {
	var text strings.Builder
	series := func(name string, on func(at time.Duration) bool) {
		fmt.Fprintf(&text, "  %s ", name)
		for at := time.Duration(0); at <= 5*time.Minute; at += scrape {
			if on(at) {
				text.WriteString("1 ")
			} else {
				text.WriteString("stale ")
			}
		}
		text.WriteString("\n")
	}
	within := func(from, to time.Duration) func(time.Duration) bool {
		return func(at time.Duration) bool { return at >= from && at < to }
	}
	text.WriteString("load 2s\n")
	for i := range 10 {
		begin := time.Duration(i) * 30 * time.Second
		series(fmt.Sprintf(`loadgen_run_info{job="loadgen", run_id="r", phase="%d"}`, i), within(begin, begin+30*time.Second))
	}
	series(`lab_fault_active{job="gateway", kind="errors"}`, within(30*time.Second, time.Minute))
	series(`lab_fault_active{job="items", kind="latency"}`, within(2*time.Minute, 4*time.Minute))
	for i := range 30 {
		begin := time.Minute + time.Duration(i)*6*time.Second
		series(fmt.Sprintf(`lab_experiment_info{run_id="e", experiment="io-scaling", step="many", load="%d"}`, i), within(begin, begin+4*time.Second))
	}
	text.WriteString(`  loadgen_changes_total{action="patch"} 0x100 1+1x9 10x39` + "\n")
	return text.String()
}

// eventsOf counts as Grafana does: neighbouring points of a series are one event.
func eventsOf(t *testing.T, engine *promql.Engine, store storage.Queryable, expr string) (events int, longest time.Duration) {
	t.Helper()
	query, err := engine.NewRangeQuery(context.Background(), store, nil, expr, time.Unix(0, 0), time.Unix(300, 0), scrape)
	if err != nil {
		t.Fatal(err)
	}
	defer query.Close()
	matrix, err := query.Exec(t.Context()).Matrix()
	if err != nil {
		t.Fatal(err)
	}
	for _, series := range matrix {
		var began, last int64
		for i, point := range series.Floats {
			if i == 0 || point.T-last > scrape.Milliseconds() {
				began = point.T
				events++
			}
			last = point.T
			longest = max(longest, time.Duration(last-began)*time.Millisecond)
		}
	}
	return events, longest
}
