package tracestore

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracehttp"

	"loadlab/internal/testkit"
)

func TestMethods(t *testing.T) {
	s := New(roomy())
	id := export(t, serve(t, s, nil), otlptracehttp.NoCompression)
	var all []testkit.Resource
	for _, target := range []string{
		"v3/services", "v3/operations?service=gateway", "v3/traces/" + id,
		"v3/traces?query.start_time_min=2001-01-01T00:00:00Z&query.start_time_max=2101-01-01T00:00:00Z",
		"services", "services/gateway/operations", "traces?service=gateway", "traces/" + id, "dependencies",
	} {
		all = append(all, testkit.Resource{Target: "/api/" + target, Methods: []string{"GET"}})
	}
	testkit.CheckMethods(t, s.API(), all...)
	testkit.CheckMethods(t, s.Receiver(nil), testkit.Resource{Target: "/v1/traces", Methods: []string{"POST"}})
}

func TestNumbersOfParametersArePlainDecimal(t *testing.T) {
	api := New(roomy()).API()
	const times = "query.start_time_min=2001-01-01T00:00:00Z&query.start_time_max=2101-01-01T00:00:00Z"
	for _, target := range []string{
		"v3/traces?" + times + "&query.num_traces=%2B5", "v3/traces?" + times + "&query.num_traces=0x5", "v3/traces?" + times + "&query.duration_min=.5s",
		"traces?service=a&start=1_000", "traces?service=a&limit=1e1", "traces?service=a&minDuration=%2B5s",
	} {
		reply := httptest.NewRecorder()
		api.ServeHTTP(reply, httptest.NewRequest(http.MethodGet, "/api/"+target, http.NoBody))
		if reply.Code != http.StatusBadRequest {
			t.Errorf("%s: %d", target, reply.Code)
		}
	}
}

func TestExportsThatAreTheClientsFault(t *testing.T) {
	server := httptest.NewServer(New(roomy()).Receiver(nil))
	defer server.Close()
	const head = "POST /v1/traces HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n"
	for text, status := range map[string]int{
		head + "\r\nzz\r\n": 400, head + "If-Match: \"1\"\r\n\r\n2\r\n{}\r\n0\r\n\r\n": 412, head + "\r\n2\r\n{}\r\n0\r\n\r\n": 200,
	} {
		if reply, _ := testkit.Raw(t, strings.TrimPrefix(server.URL, "http://"), text); reply.StatusCode != status {
			t.Errorf("%q: %s, want %d", text, reply.Status, status)
		}
	}
}
