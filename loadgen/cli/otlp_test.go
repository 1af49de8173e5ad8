package cli_test

import (
	"path/filepath"
	"testing"

	metricspb "go.opentelemetry.io/proto/otlp/metrics/v1"

	"loadlab/internal/testkit"
)

// Metrics by OTLP have the labels of the run, and count what the report counts.
func TestOutputByOTLP(t *testing.T) {
	collector := testkit.NewCollector(t)
	folder := t.TempDir()
	code, _, stderr := command(t.Context(), []string{"--loop=batch", "--count=30", "--labels=branch=main,note=a%2Cb", "--report", filepath.Join(folder, "r")},
		"LOADGEN_TARGETS=GET "+serve(t), "LOADGEN_ADMIN_ADDR=off", "OTEL_METRICS_EXPORTER=otlp", "OTEL_EXPORTER_OTLP_ENDPOINT="+collector.URL)
	r := parse(t, content(t, folder, "r"))
	exports := collector.Metrics()
	if len(exports) == 0 {
		t.Fatalf("no metrics arrived, exit code %d:\n%s", code, stderr)
	}
	last := exports[len(exports)-1]
	resource := map[string]string{}
	for _, a := range last.GetResource().GetAttributes() {
		resource[a.GetKey()] = a.GetValue().GetStringValue()
	}
	if resource["run_id"] != r.RunID || resource["branch"] != "main" || resource["note"] != "a,b" {
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
