package conventions

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	metricspb "go.opentelemetry.io/proto/otlp/metrics/v1"

	"loadlab/internal/testkit"
)

// observed is what the programs have exported until their end.
type observed struct {
	spans   []testkit.Span
	metrics map[string]*metricspb.ResourceMetrics // the last export of each service
	pages   map[string]testkit.Samples            // of /metrics, by service
}

// export runs the services and the generator, has them succeed and fail, and
// collects what they export.
func export(t *testing.T) observed {
	t.Helper()
	collector := testkit.NewCollector(t)
	with := []string{"OTEL_EXPORTER_OTLP_ENDPOINT=" + collector.URL, "OTEL_TRACES_SAMPLER=always_on", "OTEL_METRICS_EXPORTER=prometheus,otlp"}
	start := func(name string, further ...string) *testkit.Process {
		return testkit.Start(t, name, append(slices.Clone(with), further...)...)
	}
	iobound := start("iobound")
	items := start("items")
	// Nothing listens where mixed looks for cpubound, so these calls fail.
	mixed := start("mixed", "CONNECT_WAIT=100ms", "IOBOUND_URL="+iobound.URL, "CPUBOUND_URL=http://"+testkit.FreeAddress(t))
	gateway := start("gateway", "CONNECT_WAIT=100ms", "IOBOUND_URL="+iobound.URL, "MIXED_URL="+mixed.URL, "ITEMS_URL="+items.URL, "CPUBOUND_URL=http://"+testkit.FreeAddress(t))
	for _, r := range []struct{ method, path, body string }{
		{"GET", "/io/wait?ms=1", ""}, {"GET", "/io/wait?ms=x", ""}, {"GET", "/mixed/sequence", ""}, {"GET", "/cpu/spin", ""},
		{"POST", "/items", `{"name":"a","quantity":1}`}, {"GET", "/items", ""}, {"GET", "/items/1", ""}, {"GET", "/items/999", ""},
		{"PUT", "/items/1", `{"name":"b","quantity":2}`}, {"DELETE", "/items/1", ""}, {"GET", "/nowhere", ""}, {"BREW", "/io/wait", ""},
	} {
		request, err := http.NewRequestWithContext(t.Context(), r.method, gateway.URL+r.path, strings.NewReader(r.body))
		if err != nil {
			t.Fatal(err)
		}
		request.Header.Set("Content-Type", "application/json")
		response, err := http.DefaultClient.Do(request)
		if err != nil {
			t.Fatal(err)
		}
		_ = response.Body.Close()
	}
	load := testkit.Launch(t, "loadgen", nil, append(slices.Clone(with[:1]), with[2], "LOADGEN_ADMIN_ADDR=off", "LOADGEN_LOOP=batch", "LOADGEN_COUNT=5", "LOADGEN_TRACE_RATIO=1",
		"LOADGEN_TARGETS=GET "+gateway.URL+"/io/wait?ms=1;GET "+gateway.URL+"/nowhere;GET http://"+testkit.FreeAddress(t)+"/x")...)
	load.Wait()

	o := observed{metrics: map[string]*metricspb.ResourceMetrics{}, pages: map[string]testkit.Samples{}}
	for name, p := range map[string]*testkit.Process{"gateway": gateway, "mixed": mixed, "items": items, "iobound": iobound} {
		o.pages[name] = testkit.Metrics(t, p.AdminURL+"/metrics")
		if code := p.Stop(); code != 0 {
			t.Errorf("%s ended with %d", name, code)
		}
	}
	o.spans = collector.Spans()
	for _, m := range collector.Metrics() {
		for _, a := range m.GetResource().GetAttributes() {
			if a.GetKey() == "service.name" {
				o.metrics[a.GetValue().GetStringValue()] = m
			}
		}
	}
	return o
}
