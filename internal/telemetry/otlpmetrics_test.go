package telemetry_test

import (
	"math"
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus"
	metricspb "go.opentelemetry.io/proto/otlp/metrics/v1"

	"loadlab/internal/telemetry"
	"loadlab/internal/testkit"
)

// named returns the metric of that name in the last export.
func named(t *testing.T, collector *testkit.Collector, name string) *metricspb.Metric {
	t.Helper()
	exports := collector.Metrics()
	if len(exports) == 0 {
		t.Fatal("no metrics were exported")
	}
	for _, scope := range exports[len(exports)-1].GetScopeMetrics() {
		for _, m := range scope.GetMetrics() {
			if m.GetName() == name {
				return m
			}
		}
	}
	t.Fatalf("no metric %s was exported", name)
	return nil
}

func TestMetricsByOTLP(t *testing.T) {
	for _, row := range []struct {
		name string
		env  func(http, grpc string) []string
		path string // of the export; empty if there must be none
	}{
		{"by default they are not exported", func(http, _ string) []string { return []string{"OTEL_EXPORTER_OTLP_ENDPOINT=" + http} }, ""},
		{"HTTP", func(http, _ string) []string {
			return []string{"OTEL_EXPORTER_OTLP_ENDPOINT=" + http, "OTEL_METRICS_EXPORTER=otlp"}
		}, "/v1/metrics"},
		{"in addition to Prometheus", func(http, _ string) []string {
			return []string{"OTEL_EXPORTER_OTLP_ENDPOINT=" + http, "OTEL_METRICS_EXPORTER=prometheus,otlp"}
		}, "/v1/metrics"},
		{"an endpoint of their own", func(http, _ string) []string {
			return []string{"OTEL_EXPORTER_OTLP_ENDPOINT=http://127.0.0.1:1", "OTEL_EXPORTER_OTLP_METRICS_ENDPOINT=" + http + "/my/metrics", "OTEL_METRICS_EXPORTER=otlp"}
		}, "/my/metrics"},
		{"grpc", func(_, grpc string) []string {
			return []string{"OTEL_EXPORTER_OTLP_METRICS_ENDPOINT=" + grpc, "OTEL_EXPORTER_OTLP_METRICS_PROTOCOL=grpc", "OTEL_METRICS_EXPORTER=otlp"}
		}, "/opentelemetry.proto.collector.metrics.v1.MetricsService/Export"},
		{"none", func(http, _ string) []string {
			return []string{"OTEL_EXPORTER_OTLP_ENDPOINT=" + http, "OTEL_METRICS_EXPORTER=none"}
		}, ""},
		{"none outranks the others", func(http, _ string) []string {
			return []string{"OTEL_EXPORTER_OTLP_ENDPOINT=" + http, "OTEL_METRICS_EXPORTER=otlp,none"}
		}, ""},
		{"the SDK is off", func(http, _ string) []string {
			return []string{"OTEL_EXPORTER_OTLP_ENDPOINT=" + http, "OTEL_METRICS_EXPORTER=otlp", "OTEL_SDK_DISABLED=true"}
		}, ""},
	} {
		t.Run(row.name, func(t *testing.T) {
			collector := testkit.NewCollector(t)
			tel, _ := open(t, "counting", variables(row.env(collector.URL, collector.ServeGRPC(t))))
			seen := prometheus.NewCounterVec(prometheus.CounterOpts{Name: "lab_seen_seconds_total", Help: "x"}, []string{"http_route", "http_response_status_code", "empty"})
			tel.Registry.MustRegister(seen)
			seen.WithLabelValues("/a", "200", "").Add(3)
			seen.WithLabelValues(telemetry.UnmatchedRoute, "404", "").Add(4)
			shutdown(t, tel)
			var paths []string
			for _, e := range collector.Exports() {
				paths = append(paths, e.Path)
			}
			if row.path == "" {
				if len(paths) > 0 {
					t.Errorf("exported to %v", paths)
				}
				return
			}
			if len(paths) != 1 || paths[0] != row.path {
				t.Fatalf("exported to %v, want %s", paths, row.path)
			}
			m := named(t, collector, "lab_seen_seconds_total")
			got := map[string]float64{}
			for _, p := range m.GetSum().GetDataPoints() {
				var keys []string
				for _, a := range p.GetAttributes() {
					keys = append(keys, a.GetKey()+"="+a.GetValue().String())
				}
				got[strings.ReplaceAll(strings.Join(keys, " "), "  ", " ")] = p.GetAsDouble()
				if p.GetStartTimeUnixNano() == 0 {
					t.Error("a point has no start")
				}
			}
			want := map[string]float64{`http.response.status_code=int_value:200 http.route=string_value:"/a"`: 3, `http.response.status_code=int_value:404`: 4}
			if m.GetUnit() != "s" || !m.GetSum().GetIsMonotonic() || len(got) != len(want) {
				t.Errorf("%v", m)
			}
			for key, value := range want {
				if got[key] != value {
					t.Errorf("%s is %v, want %v; all are %v", key, got[key], value, got)
				}
			}
		})
	}
}

// Observations of a native histogram are in the same buckets after the export.
func TestNativeHistogramsBecomeExponential(t *testing.T) {
	collector := testkit.NewCollector(t)
	tel, _ := open(t, "observing", map[string]string{"OTEL_EXPORTER_OTLP_ENDPOINT": collector.URL, "OTEL_METRICS_EXPORTER": "otlp"})
	histogram := prometheus.NewHistogram(telemetry.DurationOpts("http_server_request_duration_seconds", "x"))
	tel.Registry.MustRegister(histogram)
	values := []float64{0, 0.0011, 0.0011, 0.3, 3, 100}
	for _, v := range values {
		histogram.Observe(v)
	}
	shutdown(t, tel)
	m := named(t, collector, "http.server.request.duration")
	points := m.GetExponentialHistogram().GetDataPoints()
	if len(points) != 1 || m.GetUnit() != "s" {
		t.Fatalf("exported %v", m)
	}
	p := points[0]
	if p.GetCount() != uint64(len(values)) || p.GetZeroCount() != 1 || math.Abs(p.GetSum()-103.3022) > 1e-9 {
		t.Errorf("count %d, zeros %d, sum %v", p.GetCount(), p.GetZeroCount(), p.GetSum())
	}
	base := math.Pow(2, math.Pow(2, -float64(p.GetScale())))
	for _, v := range values[1:] {
		// A bucket holds what is above its lower bound and up to its upper one.
		index := int(math.Ceil(math.Log(v)/math.Log(base))) - 1
		at := index - int(p.GetPositive().GetOffset())
		counts := p.GetPositive().GetBucketCounts()
		if at < 0 || at >= len(counts) || counts[at] == 0 {
			t.Errorf("%v is in no bucket of scale %d", v, p.GetScale())
		}
	}
}
