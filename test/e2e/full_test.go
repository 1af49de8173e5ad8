package e2e

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"
	"testing"
	"time"

	"loadlab/grafana"
	"loadlab/internal/testkit"
	"loadlab/test/observe"
)

// value is the one result of an instant query.
func value(ctx context.Context, p observe.Prometheus, expr string) (float64, error) {
	series, err := p.Query(ctx, expr)
	if err != nil {
		return 0, err
	}
	if len(series) != 1 {
		return 0, fmt.Errorf("%d results of %s", len(series), expr)
	}
	return series[0].Last(), nil
}

// A service with 250 computations in flight can still be watched: every scrape and
// probe is answered in time, the throughput is at the ceiling, and the time in the
// service is queue.
func TestAFullServiceStaysInThePicture(t *testing.T) {
	door, prom := gateway(t), prometheus(t)
	calm(t)
	// Other programs on the machine can only make a measurement worse.
	var err error
	for range 5 {
		if err = fill(t, door, prom); err == nil {
			return
		}
		t.Logf("measured again: %v", err)
	}
	t.Error(err)
}

// fill offers the load for 30 s and looks at the last 24 s of it, when the line
// was full and every scrape was made under load.
func fill(t *testing.T, door string, prom observe.Prometheus) error {
	t.Helper()
	generator := testkit.Launch(t, "loadgen", []string{"--admin-addr", "off", "--loop", "closed", "--concurrency", "250",
		"--duration", "30s", "--timeout", "60s", "--targets", "GET " + door + "/cpu/spin?ms=10"})
	time.Sleep(6 * time.Second)
	visits, err := observe.VisitAdmin(t.Context(), address(t, "E2E_CPUBOUND_ADMIN_URL"), 24*time.Second)
	errs := []error{err, observe.CheckVisits(visits)}
	for path, all := range visits {
		t.Logf("%s: %d answers, p99 %v, slowest %v", path, len(all), all.Quantile(.99), all.Quantile(1))
	}
	type figure struct {
		name, expr string
		least      float64
	}
	const cores = `min({__name__=~"lab_compute_cores|lab_cgroup_cpu_limit_cores", job="cpubound"})`
	// The throughput times the CPU time of one request is CPU time per second.
	throughput := []figure{{"throughput against the ceiling of the slots", `sum(rate(lab_work_seconds_total{job="cpubound", part="cpu"}[20s])) / ` + cores, 0.95}}
	if quota, err := prom.Query(t.Context(), `lab_cgroup_cpu_limit_cores{job="cpubound"}`); err == nil && len(quota) > 0 {
		// The quota also pays for connections, scrapes and log lines: the CPU time
		// of one request is that of the whole process.
		throughput[0].least = 0.9
		throughput = append(throughput, figure{"throughput against the ceiling of the quota", `sum(rate(process_cpu_seconds_total{job="cpubound"}[20s])) / ` + cores, 0.95})
	}
	for _, row := range append(throughput, []figure{
		{"scrapes that were answered", `min_over_time(up{job="cpubound"}[24s])`, 1},
		{"time left of 200 ms for a scrape", `0.2 - max_over_time(scrape_duration_seconds{job="cpubound"}[24s])`, 0},
		{"CPU time of the process that computed", `sum(rate(lab_work_seconds_total{job="cpubound", part="cpu"}[20s]))
			/ sum(rate(process_cpu_seconds_total{job="cpubound"}[20s]))`, 0.95},
		{"queue of the time in the service", `sum(rate(lab_work_seconds_total{job="cpubound", part="queue"}[20s]))
			/ sum(rate(lab_work_seconds_total{job="cpubound"}[20s]))`, 0.9},
	}...) {
		got, err := value(t.Context(), prom, row.expr)
		t.Logf("%s: %.3f", row.name, got)
		if err == nil && got < row.least {
			err = fmt.Errorf("%s: %.3f, want at least %v", row.name, got, row.least)
		}
		errs = append(errs, err)
	}
	errs = append(errs, pictured(t, prom))
	if code := generator.Wait().ExitCode(); code != 0 && code != 4 { // a busy machine may make it late
		errs = append(errs, fmt.Errorf("the generator ended with %d", code))
	}
	return errors.Join(errs...)
}

// pictured returns an error if a query has no data now and its panel does not say
// why. The IO side is idle, which its figures of the moment say.
func pictured(t *testing.T, prom observe.Prometheus) error {
	t.Helper()
	var errs []error
	for _, dashboard := range dashboards(t) {
		says := explained(t, dashboard.UID)
		empty, err := prom.EmptyQueries(t.Context(), dashboard)
		errs = append(errs, err)
		for _, query := range empty {
			said := slices.ContainsFunc(says, func(title string) bool { return strings.HasPrefix(query, title+", ") })
			if !strings.HasPrefix(query, "IO: ") && !said {
				errs = append(errs, fmt.Errorf("%s: no data: %s", dashboard.UID, query))
			}
		}
	}
	return errors.Join(errs...)
}

// explained are the titles of a dashboard's panels that show a sentence where there is no data.
//
// That there are no requests explains nothing on the dashboard of the services,
// which have some now; the load generator of the lab is on pause.
func explained(t *testing.T, uid string) (titles []string) {
	t.Helper()
	text, err := fs.ReadFile(grafana.Dashboards(), uid+".json")
	if err != nil {
		t.Fatal(err)
	}
	type panel struct {
		Title       string
		FieldConfig struct{ Defaults struct{ NoValue string } }
	}
	var board struct {
		Panels []struct {
			panel
			Panels []panel // of a row that is closed
		}
	}
	if err := json.Unmarshal(text, &board); err != nil {
		t.Fatal(err)
	}
	for _, outer := range board.Panels {
		for _, p := range append(outer.Panels, outer.panel) {
			says := p.FieldConfig.Defaults.NoValue
			if says != "" && (uid != "io-vs-cpu" || says != "no requests") {
				titles = append(titles, p.Title)
			}
		}
	}
	return titles
}
