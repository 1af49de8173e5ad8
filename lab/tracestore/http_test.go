package tracestore

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus/testutil"
	"go.opentelemetry.io/collector/pdata/ptrace"
	"go.opentelemetry.io/collector/pdata/ptrace/ptraceotlp"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracehttp"
	"go.opentelemetry.io/otel/sdk/resource"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"

	"loadlab/internal/telemetry"
	"loadlab/internal/testkit"
)

// serve returns the base URL of a store with both of its surfaces.
func serve(t *testing.T, s *Store, forward func(Export)) string {
	t.Helper()
	mux := http.NewServeMux()
	mux.Handle("/v1/traces", s.Receiver(forward))
	mux.Handle("/api/", s.API())
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	return server.URL
}

// export records a server span with a client span below it by the real SDK and
// exporter, and returns their trace id.
func export(t *testing.T, url string, compression otlptracehttp.Compression) string {
	t.Helper()
	exporter, err := otlptracehttp.New(t.Context(), otlptracehttp.WithEndpointURL(url+"/v1/traces"), otlptracehttp.WithCompression(compression))
	if err != nil {
		t.Fatal(err)
	}
	provider := sdktrace.NewTracerProvider(sdktrace.WithBatcher(exporter), sdktrace.WithSampler(sdktrace.AlwaysSample()),
		sdktrace.WithResource(resource.NewSchemaless(attribute.String("service.name", "gateway"))))
	tracer := provider.Tracer("test", trace.WithInstrumentationVersion("1"))
	ctx, server := tracer.Start(t.Context(), "GET /io/wait", trace.WithSpanKind(trace.SpanKindServer))
	_, client := tracer.Start(ctx, "GET", trace.WithSpanKind(trace.SpanKindClient), trace.WithAttributes(
		attribute.Float64("lab.wait_seconds", 0.05), attribute.Int("http.response.status_code", 200)))
	client.AddEvent("sent")
	client.End()
	server.End()
	if err := provider.Shutdown(t.Context()); err != nil {
		t.Fatal(err)
	}
	return server.SpanContext().TraceID().String()
}

// readTraces decodes a reply as Jaeger's clients do: OTLP JSON below "result".
func readTraces(t *testing.T, body string) ptrace.Traces {
	t.Helper()
	var reply struct {
		Result json.RawMessage `json:"result"`
	}
	if err := json.Unmarshal([]byte(body), &reply); err != nil {
		t.Fatalf("%v: %s", err, body)
	}
	data, err := (&ptrace.JSONUnmarshaler{}).UnmarshalTraces(reply.Result)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func TestRealExporterAndQueryAPI(t *testing.T) {
	for name, compression := range map[string]otlptracehttp.Compression{
		"gzip": otlptracehttp.GzipCompression, "plain": otlptracehttp.NoCompression,
	} {
		t.Run(name, func(t *testing.T) {
			url := serve(t, New(roomy()), nil)
			id := export(t, url, compression)
			if _, got := testkit.Get(t, url+"/api/v3/services"); got != `{"services":["gateway"]}`+"\n" {
				t.Errorf("services %s", got)
			}
			const operations = `{"operations":[{"name":"GET","spanKind":"client"},{"name":"GET /io/wait","spanKind":"server"}]}` + "\n"
			if _, got := testkit.Get(t, url+"/api/v3/operations?service=gateway"); got != operations {
				t.Errorf("operations %s", got)
			}
			if _, got := testkit.Get(t, url+"/api/v3/operations?service=gateway&span_kind=server"); got != `{"operations":[{"name":"GET /io/wait","spanKind":"server"}]}`+"\n" {
				t.Errorf("operations of kind server %s", got)
			}
			_, byID := testkit.Get(t, url+"/api/v3/traces/"+id)
			_, bySearch := testkit.Get(t, url+"/api/v3/traces?"+search("query.service_name", "gateway", "query.operation_name", "GET /io/wait").Encode())
			if byID != bySearch {
				t.Errorf("by id %s, by search %s", byID, bySearch)
			}
			if data := readTraces(t, byID); data.SpanCount() != 2 {
				t.Errorf("%d spans, want 2", data.SpanCount())
			}
			for _, part := range []string{
				`"traceId":"` + id + `"`, `"kind":2`, `"name":"GET /io/wait"`,
				`{"key":"lab.wait_seconds","value":{"doubleValue":0.05}}`,
				`{"key":"http.response.status_code","value":{"intValue":"200"}}`,
				`{"key":"service.name","value":{"stringValue":"gateway"}}`,
			} {
				if !strings.Contains(byID, part) {
					t.Errorf("no %s in %s", part, byID)
				}
			}
		})
	}
}

// search returns the parameters of a search over the last hour, with further ones.
func search(further ...string) url.Values {
	values := url.Values{
		"query.start_time_min": {time.Now().Add(-time.Hour).Format(time.RFC3339Nano)},
		"query.start_time_max": {time.Now().Add(time.Hour).Format(time.RFC3339Nano)},
	}
	for i := 0; i < len(further); i += 2 {
		values.Set(further[i], further[i+1])
	}
	return values
}

func TestQueryAPIRefuses(t *testing.T) {
	url := serve(t, New(roomy()), nil)
	for _, row := range []struct {
		name, path string
		code       int
		want       []string
	}{
		{"a search without times", "/api/v3/traces", 400, []string{`"httpCode":400`, "query.start_time_min is required", "query.start_time_max is required"}},
		{"every bad parameter at once", "/api/v3/traces?" + search("query.duration_min", "long", "query.num_traces", "0").Encode(), 400,
			[]string{"query.duration_min", "query.num_traces: must be 1 to 1500"}},
		{"a negative duration", "/api/v3/traces?" + search("query.duration_max", "-1s").Encode(), 400, []string{"must not be negative"}},
		{"no such trace", "/api/v3/traces/abc", 404, []string{`"httpCode":404`, "trace not found"}},
		{"nothing found", "/api/v3/traces?" + search().Encode(), 404, []string{"no traces found"}},
		{"not hexadecimal", "/api/v3/traces/xyz", 400, []string{"trace_id"}},
		{"an identifier too long", "/api/v3/traces/" + strings.Repeat("a", 33), 400, []string{"1 to 32"}},
	} {
		t.Run(row.name, func(t *testing.T) {
			code, body := testkit.Get(t, url+row.path)
			if code != row.code {
				t.Errorf("status %d, want %d", code, row.code)
			}
			for _, part := range row.want {
				if !strings.Contains(body, part) {
					t.Errorf("no %q in %s", part, body)
				}
			}
		})
	}
}

func zipped(t *testing.T, body []byte) []byte {
	t.Helper()
	var buffer bytes.Buffer
	writer := gzip.NewWriter(&buffer)
	if _, err := writer.Write(body); err != nil {
		t.Fatal(err)
	}
	if err := writer.Close(); err != nil {
		t.Fatal(err)
	}
	return buffer.Bytes()
}

func TestReceiver(t *testing.T) {
	request := ptraceotlp.NewExportRequestFromTraces(batch("a", "x", 1))
	asProto, err := request.MarshalProto()
	if err != nil {
		t.Fatal(err)
	}
	asJSON, err := request.MarshalJSON()
	if err != nil {
		t.Fatal(err)
	}
	invalid, err := ptraceotlp.NewExportRequestFromTraces(batch("a", "x", 0)).MarshalJSON()
	if err != nil {
		t.Fatal(err)
	}
	for _, row := range []struct {
		name, contentType, encoding string
		body                        []byte
		code                        int
		reply                       string // part of it
	}{
		{"protobuf", protobufType, "", asProto, 200, ""},
		{"protobuf, gzip", protobufType, "gzip", zipped(t, asProto), 200, ""},
		{"JSON", "application/json; charset=utf-8", "", asJSON, 200, "{"},
		{"JSON, gzip", jsonType, "gzip", zipped(t, asJSON), 200, "{"},
		{"refused spans", jsonType, "", invalid, 200, `"rejectedSpans":"1"`},
		{"no spans", protobufType, "", nil, 200, ""},
		{"another type", "text/plain", "", asProto, 415, "content type must be"},
		{"another encoding", jsonType, "br", asJSON, 415, "gzip or none"},
		{"not JSON", jsonType, "", []byte("spans"), 400, `"code":3`},
		{"not protobuf", protobufType, "", []byte("spans"), 400, "decode spans"},
		{"not gzip", protobufType, "gzip", asProto, 400, "unpack spans"},
		{"too large", protobufType, "", make([]byte, maxBody+1), 413, "too large"},
		{"too large unpacked", protobufType, "gzip", bytes.Repeat(zipped(t, make([]byte, maxBody/64)), 65), 413, "more than the allowed"},
	} {
		t.Run(row.name, func(t *testing.T) {
			s := New(roomy())
			var forwarded atomic.Int64
			post, err := http.NewRequest(http.MethodPost, serve(t, s, func(Export) { forwarded.Add(1) })+"/v1/traces", bytes.NewReader(row.body))
			if err != nil {
				t.Fatal(err)
			}
			post.Header.Set("Content-Type", row.contentType)
			post.Header.Set("Content-Encoding", row.encoding)
			response, err := http.DefaultClient.Do(post)
			if err != nil {
				t.Fatal(err)
			}
			defer response.Body.Close()
			body, err := io.ReadAll(response.Body)
			if err != nil {
				t.Fatal(err)
			}
			if response.StatusCode != row.code || !strings.Contains(strings.ReplaceAll(string(body), " ", ""), strings.ReplaceAll(row.reply, " ", "")) {
				t.Errorf("%d %q, want %d %q", response.StatusCode, body, row.code, row.reply)
			}
			accepted := row.code == 200
			if (forwarded.Load() == 1) != accepted {
				t.Errorf("forwarded %d times", forwarded.Load())
			}
			if stored := s.Trace(traceID(1)) != nil; stored != (accepted && len(row.body) > 0 && row.reply != `"rejectedSpans":"1"`) {
				t.Errorf("stored: %t", stored)
			}
		})
	}
}

func TestForwarder(t *testing.T) {
	second := New(roomy())
	var refuse atomic.Bool
	target := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if refuse.Load() || r.Header.Get("X-Key") != "secret" {
			w.WriteHeader(http.StatusServiceUnavailable)
			return
		}
		second.Receiver(nil).ServeHTTP(w, r)
	}))
	defer target.Close()
	forwarder := NewForwarder(telemetry.Collector{URL: target.URL + "/v1/traces", Headers: map[string]string{"X-Key": "secret"}, Timeout: 10 * time.Second})
	reports := make(chan error, 10)
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan struct{})
	go func() { forwarder.Run(ctx, func(err error) { reports <- err }); close(ended) }()
	defer func() { cancel(); <-ended }()

	url := serve(t, New(roomy()), forwarder.Send)
	refuse.Store(true)
	export(t, url, otlptracehttp.GzipCompression)
	if err := <-reports; err == nil || !strings.Contains(err.Error(), "503") {
		t.Errorf("reported %v, want the refusal", err)
	}
	refuse.Store(false)
	export(t, url, otlptracehttp.GzipCompression)
	if err := <-reports; err != nil {
		t.Errorf("reported %v, want that it takes spans again", err)
	}
	if got := fmt.Sprint(second.Services()); got != "[gateway]" || dropped(forwarder) != 1 {
		t.Errorf("services %s, %v dropped", got, dropped(forwarder))
	}
}

// A collector that redirects takes no spans, and no other host gets the headers.
func TestForwarderFollowsNoRedirect(t *testing.T) {
	var followed atomic.Int64
	other := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { followed.Add(1) }))
	defer other.Close()
	for _, status := range []int{http.StatusFound, http.StatusTemporaryRedirect} {
		target := httptest.NewServer(http.RedirectHandler(other.URL, status))
		defer target.Close()
		forwarder := NewForwarder(telemetry.Collector{URL: target.URL, Headers: map[string]string{"X-Key": "secret"}, Timeout: 10 * time.Second})
		if err := forwarder.post(t.Context(), Export{}); err == nil || !strings.Contains(err.Error(), strconv.Itoa(status)) {
			t.Errorf("error %v, want status %d", err, status)
		}
	}
	if n := followed.Load(); n != 0 {
		t.Errorf("%d requests reached another host", n)
	}
}

func TestForwarderNeverBlocks(t *testing.T) {
	forwarder := NewForwarder(telemetry.Collector{URL: "http://127.0.0.1:1"}) // never run
	for range forwardQueue + 5 {
		forwarder.Send(Export{})
	}
	if dropped(forwarder) != 5 {
		t.Errorf("%v dropped, want 5", dropped(forwarder))
	}
}

func dropped(f *Forwarder) float64 { return testutil.ToFloat64(f.Metrics()) }
