//go:build linux

package lab

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"loadlab/grafana"
	"loadlab/grafana/panelquery"
	"loadlab/test/observe"
)

// What the lab promises to its user, after compilation.
const (
	firstData   = 5 * time.Second
	everyPanel  = 30 * time.Second
	mostMemory  = 400 << 20 // bytes
	mostCPU     = 0.5       // cores, besides the CPU-bound work
	slowMachine = 2         // by how much a busy machine may miss a time
)

func TestHowSoonThereIsSomethingToSee(t *testing.T) {
	l := start(t, nil)
	err := observe.Eventually(t.Context(), slowMachine*firstData, func(ctx context.Context) error {
		series, err := l.prometheus.Query(ctx, `sum(rate(http_server_request_duration_seconds_count{job="iobound"}[8s])) > 0`)
		if err == nil && len(series) == 0 {
			err = errors.New("no rate of iobound")
		}
		return err
	})
	t.Logf("first data after %v: %v", time.Since(l.began).Round(100*time.Millisecond), err)
	if err != nil {
		t.Error(err)
	}
	if err := observe.CauseFailures(t.Context(), l.gateway); err != nil {
		t.Error(err)
	}
	dashboards, err := panelquery.Read(grafana.Dashboards())
	if err != nil {
		t.Fatal(err)
	}
	err = observe.Eventually(t.Context(), slowMachine*everyPanel-time.Since(l.began), func(ctx context.Context) error {
		var errs []error
		for _, dashboard := range dashboards {
			empty, err := l.prometheus.EmptyQueries(ctx, dashboard)
			for _, query := range empty {
				errs = append(errs, fmt.Errorf("no data: %s: %s", dashboard.UID, query))
			}
			errs = append(errs, err)
		}
		return errors.Join(errs...)
	})
	t.Logf("every panel has data after %v", time.Since(l.began).Round(100*time.Millisecond))
	if err != nil {
		t.Error(err)
	}
	l.checkCost(t)
}

// checkCost measures the lab while it runs the tour at the default load.
func (l *lab) checkCost(t *testing.T) {
	t.Helper()
	before, began := l.cpu(t), time.Now()
	time.Sleep(15 * time.Second)
	after, length := l.cpu(t), time.Since(began)
	cores := 0.0
	for name := range after {
		used := (after[name] - before[name]).Seconds() / length.Seconds()
		t.Logf("%-9s %.3f cores", name, used)
		if name != "cpubound" {
			cores += used
		}
	}
	if cores > mostCPU {
		t.Errorf("the lab takes %.2f cores besides cpubound, more than %v", cores, mostCPU)
	}
	by := l.memory(t)
	all := sum(by)
	for name, bytes := range by {
		t.Logf("%-9s %.0f MiB", name, bytes/(1<<20))
	}
	t.Logf("%.2f cores besides cpubound, %.0f MiB", cores, all/(1<<20))
	if all > mostMemory {
		t.Errorf("the lab takes %.0f MiB, more than %d", all/(1<<20), mostMemory>>20)
	}
}
