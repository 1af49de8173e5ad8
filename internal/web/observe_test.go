package web_test

import (
	"fmt"
	"math"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus/testutil"
	tracepb "go.opentelemetry.io/proto/otlp/trace/v1"

	"loadlab/internal/telemetry"
	"loadlab/internal/testkit"
	"loadlab/internal/web"
)

const (
	callersTrace = "0af7651916cd43dd8448eb211c80319c"
	callersSpan  = "b7ad6b7169203331"
)

func TestRequestID(t *testing.T) {
	s := newSurface(t, defaults(), telemetry.Config{})
	for _, row := range []struct {
		name, id string
		accepted bool
	}{
		{"none", "", false},
		{"a plain one", "req-1_A.z", true},
		{"the longest", strings.Repeat("a", 64), true},
		{"too long", strings.Repeat("a", 65), false},
		{"a line end", "a\nb", false},
		{"a quotation mark", `a"b`, false},
		{"not ASCII", "ä", false},
	} {
		t.Run(row.name, func(t *testing.T) {
			r := httptest.NewRequest(http.MethodGet, "/t/wait?ms=0", http.NoBody)
			r.Header["X-Request-Id"] = []string{row.id}
			reply := s.send(r)
			got, present := reply.Header()["X-Request-Id"]
			if present != row.accepted || (present && got[0] != row.id) {
				t.Errorf("got %q, accepted should be %v", got, row.accepted)
			}
		})
	}
}

func TestTraceContext(t *testing.T) {
	collector := testkit.NewCollector(t)
	for _, row := range []struct {
		name, traceparent, sampler string
		continued, sampled         bool
	}{
		{"none, ratio 1", "", "always_on", false, true},
		{"none, ratio 0", "", "always_off", false, false},
		{"sampled by the caller", "00-" + callersTrace + "-" + callersSpan + "-01", "parentbased_always_off", true, true},
		{"not sampled by the caller", "00-" + callersTrace + "-" + callersSpan + "-00", "parentbased_always_on", true, false},
		{"too short", "00-" + callersTrace[1:] + "-" + callersSpan + "-01", "parentbased_always_off", false, false},
		{"zero trace", "00-" + strings.Repeat("0", 32) + "-" + callersSpan + "-01", "parentbased_always_off", false, false},
		{"capitals", "00-" + strings.ToUpper(callersTrace) + "-" + callersSpan + "-01", "parentbased_always_off", false, false},
		{"a forbidden version", "ff-" + callersTrace + "-" + callersSpan + "-01", "parentbased_always_off", false, false},
		{"rubbish", strings.Repeat("x", 5000), "parentbased_always_off", false, false},
	} {
		t.Run(row.name, func(t *testing.T) {
			s := newSurface(t, defaults(), exporting(collector.URL, row.sampler))
			r := httptest.NewRequest(http.MethodGet, "/t/wait?ms=0", http.NoBody)
			r.Header.Set("Traceparent", row.traceparent)
			reply := s.send(r)
			s.flush()
			response := strings.Split(reply.Header().Get("Traceresponse"), "-")
			if len(response) != 4 || response[0] != "00" || (response[3] == "01") != row.sampled {
				t.Fatalf("Traceresponse %v, sampled should be %v", response, row.sampled)
			}
			if (response[1] == callersTrace) != row.continued {
				t.Errorf("trace %s, continued should be %v", response[1], row.continued)
			}
			spans := collector.Spans(func(span testkit.Span) bool { return span.ID == response[2] })
			if (len(spans) == 1) != row.sampled {
				t.Fatalf("%d spans, sampled should be %v", len(spans), row.sampled)
			}
			if row.sampled && row.continued && spans[0].ParentID != callersSpan {
				t.Errorf("parent %s, want the caller's span", spans[0].ParentID)
			}
		})
	}
}

func TestServerTimingSaysWhatTheBodySays(t *testing.T) {
	s := newSurface(t, defaults(), telemetry.Config{})
	reply := s.get("/t/wait?ms=5")
	work := decode[web.Reply](t, reply.Body.Bytes()).Work
	header := reply.Header().Get("Server-Timing")
	match := regexp.MustCompile(`^cpu;dur=(\d+\.\d{3}), wait;dur=(\d+\.\d{3}), queue;dur=(\d+\.\d{3}), total;dur=(\d+\.\d{3})$`).FindStringSubmatch(header)
	if match == nil {
		t.Fatalf("Server-Timing %q", header)
	}
	for i, want := range []float64{work.CPU, work.Wait, work.Queue, work.Wall} {
		got, err := strconv.ParseFloat(match[i+1], 64)
		if err != nil || math.Abs(got-want) > 0.001 {
			t.Errorf("part %d is %v ms in the header, %v in the body", i, got, want)
		}
	}
	if work.Wait != 5 || math.Abs(work.CPU+work.Wait+work.Queue-work.Wall) > 0.004 {
		t.Errorf("split %+v", work)
	}
}

// The reply, the log record, the span and the metrics of one request agree.
func TestSignalsAgree(t *testing.T) {
	collector := testkit.NewCollector(t)
	s := newSurface(t, defaults(), exporting(collector.URL, "always_on"))
	r := httptest.NewRequest(http.MethodPut, "/t/wait?ms=5", http.NoBody)
	r.Header.Set("X-Request-Id", "req-1")
	r.Header.Set("User-Agent", "the test")
	reply := s.send(r)
	body := decode[web.Reply](t, reply.Body.Bytes())
	if body.Service != "probe" || body.Instance != "test:1" || body.Method != http.MethodPut || body.Route != "/t/wait" {
		t.Errorf("body %+v", body)
	}
	samples := testkit.Gather(t, s.Telemetry().Registry)

	record := s.access()[0]
	spans := collector.Spans()
	if len(spans) != 1 {
		t.Fatalf("%d spans", len(spans))
	}
	for field, want := range map[string]any{
		"level": "info", "msg": "request", "service": "probe", "method": "PUT", "route": "/t/wait", "path": "/t/wait",
		"status": 200.0, "bytes": float64(reply.Body.Len()), "request_id": "req-1",
		"trace_id": body.TraceID, "span_id": spans[0].ID, "wait_us": 5000.0,
	} {
		if record[field] != want {
			t.Errorf("log field %s is %v, want %v", field, record[field], want)
		}
	}
	if _, ok := record["time"].(string); !ok || record["error"] != nil {
		t.Errorf("record %v", record)
	}
	checkSpan(t, spans[0], record)
	checkMetrics(t, samples, record)
}

func checkSpan(t *testing.T, span testkit.Span, record map[string]any) {
	t.Helper()
	if span.Name != "PUT /t/wait" || span.Kind != tracepb.Span_SPAN_KIND_SERVER || span.Failed || span.TraceID != record["trace_id"] {
		t.Errorf("span %+v", span)
	}
	for key, want := range map[string]string{
		"http.request.method": "PUT", "http.route": "/t/wait", "url.path": "/t/wait", "url.query": "ms=5", "url.scheme": "http",
		"http.response.status_code": "200", "user_agent.original": "the test", "network.protocol.version": "1.1",
	} {
		if span.Attrs[key] != want {
			t.Errorf("span attribute %s is %q, want %q", key, span.Attrs[key], want)
		}
	}
	for _, part := range []string{"cpu", "wait", "queue"} {
		seconds, err := strconv.ParseFloat(span.Attrs["lab."+part+"_seconds"], 64)
		if err != nil || !sameMicros(seconds, record[part+"_us"]) {
			t.Errorf("%s is %v s in the span, %v µs in the log", part, seconds, record[part+"_us"])
		}
	}
	if got := fmt.Sprint(span.Events); got != "[wait split]" {
		t.Errorf("events %s", got)
	}
}

func checkMetrics(t *testing.T, samples testkit.Samples, record map[string]any) {
	t.Helper()
	for _, part := range []string{"cpu", "wait", "queue"} {
		got := samples.Sum("lab_work_seconds_total", testkit.Labels{"http_route": "/t/wait", "part": part})
		if !sameMicros(got, record[part+"_us"]) {
			t.Errorf("%s is %v s in the metric, %v µs in the log", part, got, record[part+"_us"])
		}
	}
	labels := testkit.Labels{"http_route": "/t/wait", "http_request_method": "PUT", "http_response_status_code": "200"}
	series := samples.Select("http_server_request_duration_seconds", labels)
	if len(series) != 1 || samples.Count("http_server_request_duration_seconds", nil) != 1 {
		t.Fatalf("%d series, want one with one observation", len(series))
	}
	histogram := series[0].GetHistogram()
	if !sameMicros(histogram.GetSampleSum(), record["wall_us"]) {
		t.Errorf("duration is %v s in the metric, %v µs in the log", histogram.GetSampleSum(), record["wall_us"])
	}
	if len(histogram.GetBucket()) != len(telemetry.DurationBuckets()) || len(histogram.GetPositiveSpan()) == 0 {
		t.Errorf("%d classic buckets, %d native spans", len(histogram.GetBucket()), len(histogram.GetPositiveSpan()))
	}
	for _, id := range samples.Exemplars("http_server_request_duration_seconds", labels) {
		if id != record["trace_id"] {
			t.Errorf("exemplar of trace %s, want %v", id, record["trace_id"])
		}
	}
}

// sameMicros compares seconds with a log field in whole microseconds.
func sameMicros(seconds float64, field any) bool {
	micros, ok := field.(float64)
	return ok && math.Abs(seconds*1e6-micros) <= 1
}

func TestExemplarsOfSampledTracesOnly(t *testing.T) {
	collector := testkit.NewCollector(t)
	for _, row := range []struct {
		name, endpoint, sampler string
		want                    bool
	}{
		{"sampled", collector.URL, "always_on", true},
		{"not sampled", collector.URL, "always_off", false},
		{"no collector", "", "always_on", false},
	} {
		t.Run(row.name, func(t *testing.T) {
			s := newSurface(t, defaults(), exporting(row.endpoint, row.sampler))
			s.get("/t/wait?ms=0")
			got := testkit.Gather(t, s.Telemetry().Registry).Exemplars("http_server_request_duration_seconds", nil)
			if (len(got) > 0) != row.want {
				t.Errorf("exemplars %v", got)
			}
		})
	}
}

func TestExposition(t *testing.T) {
	s := newSurface(t, web.Config{MaxConcurrency: 1, RequestTimeout: defaults().RequestTimeout, MaxBody: 10}, telemetry.Config{})
	s.get("/t/wait?ms=0")
	s.get("/nowhere")
	s.setFault(t, "kind=errors&value=1")
	s.get("/t/wait?ms=0")
	s.control("DELETE", "/fault", "")
	const want = `
# HELP lab_abandoned_requests_total Requests whose client left before the reply.
# TYPE lab_abandoned_requests_total counter
lab_abandoned_requests_total{http_route="/"} 0
lab_abandoned_requests_total{http_route="/t/probe"} 0
lab_abandoned_requests_total{http_route="/t/wait"} 0
lab_abandoned_requests_total{http_route="unmatched"} 0
# HELP lab_fault_active 1 while a fault of this kind is switched on.
# TYPE lab_fault_active gauge
lab_fault_active{kind="cpu"} 0
lab_fault_active{kind="drop"} 0
lab_fault_active{kind="errors"} 0
lab_fault_active{kind="latency"} 0
lab_fault_active{kind="not_ready"} 0
lab_fault_active{kind="reset"} 0
lab_fault_active{kind="slow_body"} 0
lab_fault_active{kind="stall"} 0
lab_fault_active{kind="truncate"} 0
# HELP lab_fault_cpu_seconds_total CPU time that the fault cpu took.
# TYPE lab_fault_cpu_seconds_total counter
lab_fault_cpu_seconds_total 0
# HELP lab_fault_injected_total Requests on which a fault of this kind acted.
# TYPE lab_fault_injected_total counter
lab_fault_injected_total{http_route="/t/wait",kind="errors"} 1
`
	err := testutil.GatherAndCompare(s.Telemetry().Registry, strings.NewReader(want),
		"lab_abandoned_requests_total", "lab_fault_active", "lab_fault_injected_total", "lab_fault_cpu_seconds_total")
	if err != nil {
		t.Error(err)
	}
	for _, labels := range []testkit.Labels{{"http_request_method": "GET", "http_route": "/t/wait"}, {"http_request_method": "_OTHER", "http_route": "unmatched"}} {
		labels["url_scheme"] = "http"
		if got := testkit.Gather(t, s.Telemetry().Registry).Select("http_server_active_requests", labels); len(got) != 1 || got[0].GetGauge().GetValue() != 0 {
			t.Errorf("active requests of %v in progress: %v, want one series of 0", labels, got)
		}
	}
	problems, err := testutil.GatherAndLint(s.Telemetry().Registry, "http_server_request_duration_seconds", "http_server_active_requests",
		"lab_work_seconds_total", "lab_abandoned_requests_total", "lab_wasted_cpu_seconds_total", "lab_shed_requests_total", "lab_fault_active", "lab_fault_injected_total", "lab_fault_cpu_seconds_total")
	if err != nil || len(problems) > 0 {
		t.Errorf("lint: %v %v", problems, err)
	}
}
