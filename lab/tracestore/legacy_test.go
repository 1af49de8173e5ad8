package tracestore

import (
	"encoding/json"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/ptrace"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracehttp"

	"loadlab/internal/testkit"
)

// grafanaTrace is a trace as Grafana's data source decodes it (pkg/tsdb/jaeger/types).
type grafanaTrace struct {
	TraceID   string `json:"traceID"`
	Processes map[string]struct {
		ServiceName string       `json:"serviceName"`
		Tags        []grafanaTag `json:"tags"`
	} `json:"processes"`
	Spans []struct {
		TraceID       string       `json:"traceID"`
		SpanID        string       `json:"spanID"`
		ProcessID     string       `json:"processID"`
		OperationName string       `json:"operationName"`
		StartTime     int64        `json:"startTime"`
		Duration      int64        `json:"duration"`
		Tags          []grafanaTag `json:"tags"`
		Logs          []struct {
			Timestamp int64        `json:"timestamp"`
			Fields    []grafanaTag `json:"fields"`
		} `json:"logs"`
		References []struct {
			RefType string `json:"refType"`
			SpanID  string `json:"spanID"`
			TraceID string `json:"traceID"`
		} `json:"references"`
	} `json:"spans"`
}

type grafanaTag struct {
	Key   string `json:"key"`
	Type  string `json:"type"`
	Value any    `json:"value"`
}

// ask returns the data of a reply with the status 200.
func ask[T any](t *testing.T, address string) []T {
	t.Helper()
	code, body := testkit.Get(t, address)
	var reply struct {
		Data  []T `json:"data"`
		Total int `json:"total"`
	}
	if err := json.Unmarshal([]byte(body), &reply); err != nil || code != 200 || reply.Total != len(reply.Data) {
		t.Fatalf("%s: status %d, %v: %s", address, code, err, body)
	}
	return reply.Data
}

// TestTheOlderAPIAsGrafanaSpeaksIt sends what Grafana's Jaeger source sends:
// pkg/tsdb/jaeger/client.go of grafana/grafana.
func TestTheOlderAPIAsGrafanaSpeaksIt(t *testing.T) {
	base := serve(t, New(roomy()), nil)
	id := export(t, base, otlptracehttp.GzipCompression)
	if got := fmt.Sprint(ask[string](t, base+"/api/services")); got != "[gateway]" {
		t.Errorf("services %s", got)
	}
	if got := fmt.Sprint(ask[string](t, base+"/api/services/gateway/operations")); got != "[GET GET /io/wait]" {
		t.Errorf("operations %s", got)
	}
	now := time.Now().UnixMilli()
	byID := ask[grafanaTrace](t, fmt.Sprintf("%s/api/traces/%s?start=%d&end=%d", base, id, now-1000, now))
	if len(byID) != 1 || byID[0].TraceID != id || len(byID[0].Spans) != 2 {
		t.Fatalf("by id %+v", byID)
	}
	var names []string
	for _, span := range byID[0].Spans {
		process := byID[0].Processes[span.ProcessID]
		names = append(names, process.ServiceName+" "+span.OperationName)
		if process.ServiceName != "gateway" || slices.ContainsFunc(process.Tags, func(tag grafanaTag) bool { return tag.Key == "service.name" }) {
			t.Errorf("process %+v: Jaeger has the name in serviceName only", process)
		}
		if age := time.Since(time.UnixMicro(span.StartTime)); age < 0 || age > time.Minute {
			t.Errorf("%s started %v ago", span.OperationName, age)
		}
		if span.OperationName != "GET" {
			continue
		}
		if len(span.References) != 1 || span.References[0].RefType != "CHILD_OF" || span.References[0].TraceID != id || len(span.Logs) != 1 {
			t.Errorf("references %+v, logs %+v", span.References, span.Logs)
		}
		for _, want := range []grafanaTag{
			{"lab.wait_seconds", "float64", 0.05}, {"http.response.status_code", "int64", 200.0},
			{"span.kind", "string", "client"}, {"otel.scope.name", "string", "test"},
		} {
			if !slices.Contains(span.Tags, want) {
				t.Errorf("no tag %+v in %+v", want, span.Tags)
			}
		}
	}
	if slices.Sort(names); strings.Join(names, ", ") != "gateway GET, gateway GET /io/wait" {
		t.Errorf("spans %v", names)
	}
}

func TestTheOlderAPISearches(t *testing.T) {
	base := serve(t, New(roomy()), nil)
	id := export(t, base, otlptracehttp.NoCompression)
	for _, row := range []struct {
		name   string
		values url.Values
		want   string
	}{
		{"by service", url.Values{"service": {"gateway"}, "limit": {"20"}}, id},
		{"by operation", url.Values{"service": {"gateway"}, "operation": {"GET /io/wait"}}, id},
		{"by a tag", url.Values{"service": {"gateway"}, "tags": {`{"http.response.status_code":"200","span.kind":"client"}`}}, id},
		{"by times", url.Values{"service": {"gateway"}, "start": {"1"}, "end": {"2"}}, ""},
		{"by a tag that no span has", url.Values{"service": {"gateway"}, "tags": {`{"error":"true"}`}}, ""},
		{"of a longer time", url.Values{"service": {"gateway"}, "minDuration": {"1h"}}, ""},
		{"of a shorter time", url.Values{"service": {"gateway"}, "maxDuration": {"1h"}}, id},
		{"by another service", url.Values{"service": {"items"}}, ""},
	} {
		t.Run(row.name, func(t *testing.T) {
			got := ""
			for _, trace := range ask[grafanaTrace](t, base+"/api/traces?"+row.values.Encode()) {
				got += trace.TraceID
			}
			if got != row.want {
				t.Errorf("found %q, want %q", got, row.want)
			}
		})
	}
}

func TestTheOlderAPIRefuses(t *testing.T) {
	base := serve(t, New(roomy()), nil)
	for _, row := range []struct {
		name, path string
		code       int
		want       string
	}{
		{"a search without a service", "/api/traces", 400, "service is required"},
		{"a limit that is none", "/api/traces?service=a&limit=0", 400, "parameter limit"},
		{"tags that are no JSON", "/api/traces?service=a&tags=x", 400, "parameter tags"},
		{"a trace id that is none", "/api/traces/x", 400, "trace_id"},
		{"a trace that is not here", "/api/traces/1", 404, "trace not found"},
	} {
		t.Run(row.name, func(t *testing.T) {
			if code, body := testkit.Get(t, base+row.path); code != row.code || !strings.Contains(body, row.want) || !strings.Contains(body, `"errors":[{"code":`) {
				t.Errorf("status %d: %s", code, body)
			}
		})
	}
}

func TestDependencies(t *testing.T) {
	s := New(roomy())
	data := ptrace.NewTraces()
	for i, service := range []string{"gateway", "mixed", "mixed", "iobound"} {
		resource := data.ResourceSpans().AppendEmpty()
		resource.Resource().Attributes().PutStr("service.name", service)
		span := resource.ScopeSpans().AppendEmpty().Spans().AppendEmpty()
		span.SetTraceID(pcommon.TraceID{1})
		span.SetSpanID(pcommon.SpanID{byte(i + 1)})
		span.SetParentSpanID(pcommon.SpanID{byte(i)})
	}
	if _, err := s.Add(data); err != nil {
		t.Fatal(err)
	}
	got := fmt.Sprintf("%+v", ask[legacyDependency](t, serve(t, s, nil)+"/api/dependencies?endTs=1&lookback=1"))
	const want = "[{Parent:gateway Child:mixed CallCount:1} {Parent:mixed Child:iobound CallCount:1}]"
	if got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}
