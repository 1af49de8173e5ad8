package cli_test

import (
	"path/filepath"
	"strings"
	"testing"

	metricspb "go.opentelemetry.io/proto/otlp/metrics/v1"

	"loadlab/internal/testkit"
)

// Metrics by OTLP have the labels of the run, and count what the report counts.
func TestOutputByOTLP(t *testing.T) {
	collector := testkit.NewCollector(t)
	folder := t.TempDir()
	const tries = 10 // the last export has a time limit, which a busy machine may exceed
	for try := 1; ; try++ {
		code, _, stderr := command(t.Context(), []string{"--loop=batch", "--count=30", "--labels=branch=main,note=a%2Cb", "--report", filepath.Join(folder, "r")},
			"LOADGEN_TARGETS=GET "+serve(t), "LOADGEN_ADMIN_ADDR=off", "OTEL_METRICS_EXPORTER=otlp", "OTEL_EXPORTER_OTLP_ENDPOINT="+collector.URL)
		if !strings.Contains(stderr, "the last metrics were not exported") {
			break
		}
		if try == tries {
			t.Fatalf("no metrics arrived, exit code %d:\n%s", code, stderr)
		}
	}
	r := parse(t, content(t, folder, "r"))
	var last *metricspb.ResourceMetrics
	var resource map[string]string
	for _, export := range collector.Metrics() {
		about := map[string]string{}
		for _, a := range export.GetResource().GetAttributes() {
			about[a.GetKey()] = a.GetValue().GetStringValue()
		}
		if about["loadgen.run_id"] == r.RunID {
			last, resource = export, about
		}
	}
	if last == nil || resource["branch"] != "main" || resource["note"] != "a,b" {
		t.Errorf("the resource is %v, the run %s", resource, r.RunID)
	}
	if got := observed(last, "loadgen_response_time"); got != r.Completed {
		t.Errorf("%d response times arrived, want %d", got, r.Completed)
	}
}

// observed is the number of values in the histograms of that name, with or without its unit.
func observed(metrics *metricspb.ResourceMetrics, name string) (n uint64) {
	for _, scope := range metrics.GetScopeMetrics() {
		for _, m := range scope.GetMetrics() {
			if m.GetName() != name && m.GetName() != name+"_seconds" {
				continue
			}
			for _, p := range m.GetHistogram().GetDataPoints() {
				n += p.GetCount()
			}
			for _, p := range m.GetExponentialHistogram().GetDataPoints() {
				n += p.GetCount()
			}
		}
	}
	return n
}
