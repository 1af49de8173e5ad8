package conventions

import (
	"net"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/prometheus/otlptranslator"
	commonpb "go.opentelemetry.io/proto/otlp/common/v1"
	metricspb "go.opentelemetry.io/proto/otlp/metrics/v1"
	tracepb "go.opentelemetry.io/proto/otlp/trace/v1"

	"loadlab/internal/testkit"
)

func TestSpansAndMetricsFollowTheConventions(t *testing.T) {
	r, o := read(t), export(t)
	t.Run("spans", func(t *testing.T) {
		seen := map[string]int{}
		for _, s := range o.spans {
			seen[r.checkSpan(t, s)]++
		}
		for _, kind := range []string{"HTTP server", "HTTP client", "database"} {
			if seen[kind] == 0 {
				t.Errorf("no span of kind %s", kind)
			}
		}
	})
	t.Run("metrics", func(t *testing.T) {
		for _, service := range []string{"gateway", "iobound", "mixed", "items", "loadgen"} {
			m := o.metrics[service]
			if m == nil {
				t.Errorf("%s has exported no metrics", service)
				continue
			}
			r.checkResource(t, m.GetResource().GetAttributes())
			seen := map[string]bool{}
			for _, scope := range m.GetScopeMetrics() {
				for _, metric := range scope.GetMetrics() {
					if seen[metric.GetName()] {
						t.Errorf("%s has two metrics %s", service, metric.GetName())
					}
					seen[metric.GetName()] = true
					r.checkMetric(t, metric)
					if page := o.pages[service]; page != nil {
						checkTranslation(t, metric, page)
					}
				}
			}
			want := "http.server.request.duration"
			if service == "loadgen" {
				want = "http.client.request.duration"
			}
			if !seen[want] || seen["target_info"] {
				t.Errorf("%s exports %v: want %s, and target_info as the resource alone", service, seen, want)
			}
		}
	})
}

// ours are the namespaces of attributes and metrics that the project has of its
// own, which the conventions leave free.
var ours = []string{"lab.", "loadgen."}

func own(name string) bool {
	return slices.ContainsFunc(ours, func(prefix string) bool { return strings.HasPrefix(name, prefix) })
}

// checkAttribute holds that the conventions have the attribute, with that type and value.
func (r registry) checkAttribute(t *testing.T, where string, a *commonpb.KeyValue) {
	t.Helper()
	key, value := a.GetKey(), a.GetValue()
	if own(key) {
		return
	}
	d, known := r.attributes[key]
	if !known {
		t.Errorf("%s: the conventions have no attribute %s", where, key)
		return
	}
	var kind string
	switch value.GetValue().(type) {
	case *commonpb.AnyValue_StringValue:
		kind = "string"
	case *commonpb.AnyValue_IntValue:
		kind = "int"
	case *commonpb.AnyValue_BoolValue:
		kind = "boolean"
	case *commonpb.AnyValue_DoubleValue:
		kind = "double"
	}
	if kind != d.kind && (d.kind != "Enum" || kind != "string") {
		t.Errorf("%s: attribute %s is of type %s, want %s", where, key, kind, d.kind)
	}
	// error.type is an enumeration that programs extend.
	if d.kind == "Enum" && key != "error.type" && !slices.Contains(d.values, value.GetStringValue()) {
		t.Errorf("%s: %s is %q, want one of %q", where, key, value.GetStringValue(), d.values)
	}
	if strings.HasSuffix(key, ".address") && key != "url.full" {
		if _, _, err := net.SplitHostPort(value.GetStringValue()); err == nil {
			t.Errorf("%s: %s has a port: %q", where, key, value.GetStringValue())
		}
	}
}

func (r registry) checkResource(t *testing.T, attributes []*commonpb.KeyValue) {
	t.Helper()
	keys := []string{}
	for _, a := range attributes {
		r.checkAttribute(t, "resource", a)
		keys = append(keys, a.GetKey())
	}
	for _, key := range []string{"service.name", "service.instance.id", "service.version", "telemetry.sdk.name", "telemetry.sdk.language", "telemetry.sdk.version"} {
		if !slices.Contains(keys, key) {
			t.Errorf("the resource has no %s", key)
		}
	}
}

// What the conventions require of each kind of span: opentelemetry.io/docs/specs/semconv/http/http-spans
// and .../db/database-spans, with the recommended attributes that are always known.
var required = map[string][]string{
	"HTTP server": {"http.request.method", "url.path", "url.scheme", "http.response.status_code", "server.address", "server.port",
		"client.address", "network.peer.address", "network.peer.port", "network.protocol.version", "user_agent.original"},
	"HTTP client": {"http.request.method", "server.address", "server.port", "url.full"},
	"database":    {"db.system.name"},
}

// checkSpan returns the kind of span.
func (r registry) checkSpan(t *testing.T, s testkit.Span) string {
	t.Helper()
	kind := "HTTP client"
	switch {
	case s.Kind == tracepb.Span_SPAN_KIND_SERVER:
		kind = "HTTP server"
	case s.Kind == tracepb.Span_SPAN_KIND_CLIENT && s.Attrs["db.system.name"] != "":
		kind = "database"
	case s.Kind != tracepb.Span_SPAN_KIND_CLIENT:
		t.Errorf("span %s is of kind %s", s.Name, s.Kind)
	}
	where := s.Service + ", " + kind + " " + s.Name
	for _, a := range slices.Concat(s.Values, s.EventValues) {
		r.checkAttribute(t, where, a)
	}
	for _, key := range required[kind] {
		if _, has := s.Attrs[key]; !has {
			t.Errorf("%s has no %s", where, key)
		}
	}
	if s.Failed != (s.Attrs["error.type"] != "") {
		t.Errorf("%s: error.type is %q, failed is %v", where, s.Attrs["error.type"], s.Failed)
	}
	if kind == "database" {
		checkDatabase(t, where, s)
	} else {
		checkHTTP(t, where, kind, s)
	}
	return kind
}

func checkHTTP(t *testing.T, where, kind string, s testkit.Span) {
	t.Helper()
	status, _ := strconv.Atoi(s.Attrs["http.response.status_code"])
	fails, target := 400, s.Attrs["url.template"]
	if kind == "HTTP server" {
		fails, target = 500, s.Attrs["http.route"]
	}
	if failed := status == 0 || status >= fails; failed != s.Failed {
		t.Errorf("%s: status code %d, failed %v", where, status, s.Failed)
	}
	if status != 0 && s.Failed && (s.Attrs["error.type"] != strconv.Itoa(status) || s.Status.GetMessage() != "") {
		t.Errorf("%s: error.type %q, description %q; want the status code and none", where, s.Attrs["error.type"], s.Status.GetMessage())
	}
	want := s.Attrs["http.request.method"]
	if want == "_OTHER" {
		want = "HTTP"
		if s.Attrs["http.request.method_original"] == "" {
			t.Errorf("%s has no http.request.method_original", where)
		}
	}
	if target != "" {
		want += " " + target
	}
	if s.Name != want {
		t.Errorf("%s is called %q, want %q", where, s.Name, want)
	}
	if status != 0 && s.Service != "loadgen" && s.Attrs["network.peer.address"] == "" {
		t.Errorf("%s has no network.peer.address", where)
	}
}

func checkDatabase(t *testing.T, where string, s testkit.Span) {
	t.Helper()
	operation, query := s.Attrs["db.operation.name"], s.Attrs["db.query.text"]
	if query != "" && (operation == "" || !strings.HasPrefix(query, operation+" ") || s.Attrs["db.collection.name"] != "items") {
		t.Errorf("%s: operation %q on %q of %q", where, operation, s.Attrs["db.collection.name"], query)
	}
	want := strings.TrimSpace(operation + " " + s.Attrs["db.collection.name"])
	if want != "" && s.Name != want {
		t.Errorf("%s is called %q, want %q", where, s.Name, want)
	}
}

// libraries are the prefixes of metrics that client_golang's collectors name,
// which mean other things than those of the conventions with similar names.
var libraries = []string{"go_", "process_", "lab_", "loadgen_"}

// additions are attributes that our metrics have in addition to the
// conventions', which allow it; docs/metrics.md lists them.
var additions = map[string][]string{
	"http.server.active_requests":  {"http.route"},
	"http.client.request.duration": {"service.peer.name"},
}

func (r registry) checkMetric(t *testing.T, m *metricspb.Metric) {
	t.Helper()
	name := m.GetName()
	known, conventional := r.metrics[name]
	if !conventional && !slices.ContainsFunc(libraries, func(prefix string) bool { return strings.HasPrefix(name, prefix) }) {
		t.Errorf("%s is neither the conventions' nor in a namespace of ours", name)
	}
	if strings.HasSuffix(strings.TrimSuffix(name, "_total"), "_seconds") && m.GetUnit() != "s" {
		t.Errorf("%s has the unit %q", name, m.GetUnit())
	}
	kind, points := pointsOf(m)
	for _, attributes := range points {
		var keys []string
		for _, a := range attributes {
			keys = append(keys, a.GetKey())
			if strings.Contains(a.GetKey(), ".") || conventional {
				r.checkAttribute(t, name, a)
			}
		}
		if !conventional {
			continue
		}
		for _, key := range known.required {
			if !slices.Contains(keys, key) {
				t.Errorf("%s %v has no %s", name, keys, key)
			}
		}
		for _, key := range keys {
			if !slices.Contains(slices.Concat(known.required, known.optional, additions[name]), key) {
				t.Errorf("%s has the attribute %s", name, key)
			}
		}
	}
	if conventional && (m.GetUnit() != known.unit || !strings.HasSuffix(known.instrument, kind)) {
		t.Errorf("%s is a %s with the unit %q, want a %s with %q", name, kind, m.GetUnit(), known.instrument, known.unit)
	}
	native := conventional && kind == "Histogram" || strings.HasPrefix(name, "loadgen_response") || strings.HasPrefix(name, "loadgen_schedule_")
	if native && m.GetExponentialHistogram() == nil {
		t.Errorf("%s is no exponential histogram", name)
	}
}

// checkTranslation holds that a backend which translates names to Prometheus's
// finds those of /metrics. Some of Go's have "total" twice, which it drops.
func checkTranslation(t *testing.T, m *metricspb.Metric, page testkit.Samples) {
	t.Helper()
	kinds := map[string]otlptranslator.MetricType{"Gauge": otlptranslator.MetricTypeGauge, "Counter": otlptranslator.MetricTypeMonotonicCounter,
		"UpDownCounter": otlptranslator.MetricTypeNonMonotonicCounter, "Histogram": otlptranslator.MetricTypeExponentialHistogram}
	kind, _ := pointsOf(m)
	namer := otlptranslator.MetricNamer{WithMetricSuffixes: true}
	name, err := namer.Build(otlptranslator.Metric{Name: m.GetName(), Unit: m.GetUnit(), Type: kinds[kind]})
	if err != nil || page[name] == nil && !strings.HasPrefix(m.GetName(), "go_") {
		t.Errorf("%s is translated to %s, which /metrics does not have (%v)", m.GetName(), name, err)
	}
}

// pointsOf returns the kind of instrument, and the attributes of each point.
func pointsOf(m *metricspb.Metric) (kind string, all [][]*commonpb.KeyValue) {
	number := func(points []*metricspb.NumberDataPoint) {
		for _, p := range points {
			all = append(all, p.GetAttributes())
		}
	}
	switch {
	case m.GetGauge() != nil:
		kind = "Gauge"
		number(m.GetGauge().GetDataPoints())
	case m.GetSum() != nil:
		kind = "Counter"
		if !m.GetSum().GetIsMonotonic() {
			kind = "UpDownCounter"
		}
		number(m.GetSum().GetDataPoints())
	case m.GetHistogram() != nil:
		kind = "Histogram"
		for _, p := range m.GetHistogram().GetDataPoints() {
			all = append(all, p.GetAttributes())
		}
	case m.GetExponentialHistogram() != nil:
		kind = "Histogram"
		for _, p := range m.GetExponentialHistogram().GetDataPoints() {
			all = append(all, p.GetAttributes())
		}
	}
	return kind, all
}
