package outbound_test

import (
	"bufio"
	"context"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	tracepb "go.opentelemetry.io/proto/otlp/trace/v1"

	"loadlab/internal/env"
	"loadlab/internal/outbound"
	"loadlab/internal/telemetry"
	"loadlab/internal/testkit"
	"loadlab/internal/web"
	"loadlab/internal/web/input"
	"loadlab/internal/workmeter"
)

func open(t *testing.T, service string, collector *testkit.Collector) *telemetry.Telemetry {
	t.Helper()
	tel, err := telemetry.New(t.Context(), telemetry.Config{
		LogLevel: "info", Sampler: "always_on",
		Export: telemetry.Export{QueueSize: 100, OTLP: telemetry.OTLP{Endpoint: env.BaseURL(collector.URL)}},
	}, telemetry.Identity{Service: service}, &testkit.Output{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { shutdown(t, tel) })
	return tel
}

func shutdown(t *testing.T, tel *telemetry.Telemetry) {
	t.Helper()
	if err := tel.Shutdown(context.Background()); err != nil {
		t.Error(err)
	}
}

func newTransport(t *testing.T, tel *telemetry.Telemetry) http.RoundTripper {
	t.Helper()
	transport := outbound.NewTransport(outbound.Config{}, tel)
	t.Cleanup(transport.Close)
	return transport.To("called")
}

func send(t *testing.T, ctx context.Context, transport http.RoundTripper, url string) (*http.Response, error) {
	t.Helper()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	response, err := transport.RoundTrip(request)
	if err == nil {
		t.Cleanup(func() { response.Body.Close() })
	}
	if len(request.Header) != 0 {
		t.Errorf("the caller's request was changed: %v", request.Header)
	}
	return response, err
}

// callee is a service with a route that does nothing.
func callee(t *testing.T, tel *telemetry.Telemetry) *httptest.Server {
	t.Helper()
	s := web.New(web.Config{MaxConcurrency: 10, RequestTimeout: time.Minute, MaxBody: 100}, tel)
	s.Work("/t/nothing", func(*input.Reader) web.Do {
		return func(context.Context, *workmeter.Meter) (any, error) { return nil, nil }
	})
	handler, err := s.Handler()
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	return server
}

func TestClientSpanIsParentOfServerSpan(t *testing.T) {
	collector := testkit.NewCollector(t)
	caller, called := open(t, "caller", collector), open(t, "called", collector)
	server := callee(t, called)
	ctx, root := caller.Tracer.Start(t.Context(), "root")
	response, err := send(t, ctx, newTransport(t, caller), server.URL+"/t/nothing?x=1")
	if err != nil {
		t.Fatal(err)
	}
	root.End()
	shutdown(t, caller)
	shutdown(t, called)
	if response.StatusCode != http.StatusBadRequest {
		t.Fatalf("status %s", response.Status)
	}
	client := collector.Spans(testkit.Of("caller"), testkit.Named("GET"))
	inbound := collector.Spans(testkit.Of("called"))
	if len(client) != 1 || len(inbound) != 1 {
		t.Fatalf("%d client and %d server spans", len(client), len(inbound))
	}
	if inbound[0].ParentID != client[0].ID || client[0].ParentID != root.SpanContext().SpanID().String() ||
		inbound[0].TraceID != client[0].TraceID {
		t.Errorf("the chain root, client, server is broken: %+v %+v", client[0], inbound[0])
	}
	for key, want := range map[string]string{
		"http.request.method": "GET", "http.response.status_code": "400", "url.full": server.URL + "/t/nothing?x=1", "server.address": "127.0.0.1",
		"service.peer.name": "called",
	} {
		if got := client[0].Attrs[key]; got != want {
			t.Errorf("attribute %s is %q, want %q", key, got, want)
		}
	}
	// By the conventions a 4xx is a failure of the client's span, not of the server's.
	if client[0].Kind != tracepb.Span_SPAN_KIND_CLIENT || !client[0].Failed || inbound[0].Failed {
		t.Errorf("client span %+v, server span %+v", client[0], inbound[0])
	}
}

func TestBudgetIsHandedDown(t *testing.T) {
	tel := open(t, "caller", testkit.NewCollector(t))
	transport := newTransport(t, tel)
	got := make(chan string, 1)
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { got <- r.Header.Get(web.TimeoutHeader) }))
	defer server.Close()
	if _, err := send(t, t.Context(), transport, server.URL); err != nil {
		t.Fatal(err)
	}
	if header := <-got; header != "" {
		t.Errorf("budget %q without a deadline", header)
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	if _, err := send(t, ctx, transport, server.URL); err != nil {
		t.Fatal(err)
	}
	if left, err := strconv.Atoi(<-got); err != nil || left > 60_000 || left < 50_000 {
		t.Errorf("budget %d ms of a minute: %v", left, err)
	}
}

func TestDurationIsRecorded(t *testing.T) {
	tel := open(t, "caller", testkit.NewCollector(t))
	transport := newTransport(t, tel)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusTeapot) }))
	defer server.Close()
	if _, err := send(t, t.Context(), transport, server.URL); err != nil {
		t.Fatal(err)
	}
	closed := httptest.NewServer(http.NotFoundHandler())
	closed.Close()
	if _, err := send(t, t.Context(), transport, closed.URL); err == nil {
		t.Error("a call to a closed port succeeded")
	}
	samples := testkit.Gather(t, tel.Registry)
	for _, row := range []struct{ url, code, class string }{{server.URL, "418", "418"}, {closed.URL, "", "connect_error"}} {
		host, port, _ := net.SplitHostPort(strings.TrimPrefix(row.url, "http://"))
		labels := testkit.Labels{"service_peer_name": "called", "server_address": host, "server_port": port,
			"http_request_method": "GET", "http_response_status_code": row.code, "error_type": row.class}
		if got := samples.Count("http_client_request_duration_seconds", labels); got != 1 {
			t.Errorf("%d calls with status %q and error type %q, want 1", got, row.code, row.class)
		}
	}
	if got := samples.Exemplars("http_client_request_duration_seconds", nil); len(got) == 0 {
		t.Error("no exemplar of a sampled trace")
	}
}

// A kept connection breaks as its second request arrives. net/http would send a
// GET again on a new connection.
func TestNothingIsSentAgain(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	var received, bodies atomic.Int64
	go func() {
		for {
			connection, err := listener.Accept()
			if err != nil {
				return
			}
			go breakAfterOne(connection, &received, &bodies)
		}
	}()
	transport := newTransport(t, open(t, "caller", testkit.NewCollector(t)))
	url := "http://" + listener.Addr().String()
	response, err := send(t, t.Context(), transport, url)
	if err != nil {
		t.Fatal(err)
	}
	response.Body.Close()
	if _, err := send(t, t.Context(), transport, url); err == nil {
		t.Error("the broken request succeeded, so it was sent again")
	}
	if received.Load() != 2 || bodies.Load() != 0 {
		t.Errorf("%d requests arrived, %d of them announcing a body; want 2 and 0", received.Load(), bodies.Load())
	}
}

// What stops net/http must not add a body to any method.
func TestRequestsWithoutBodyStayWithout(t *testing.T) {
	transport := newTransport(t, open(t, "caller", testkit.NewCollector(t)))
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		if r.ContentLength != 0 || len(r.TransferEncoding) != 0 {
			t.Errorf("%s has a body: length %d, encoding %v", r.Method, r.ContentLength, r.TransferEncoding)
		}
	}))
	defer server.Close()
	for _, method := range append(web.WorkMethods(), http.MethodHead, http.MethodOptions, http.MethodPatch) {
		request, err := http.NewRequestWithContext(t.Context(), method, server.URL, http.NoBody)
		if err != nil {
			t.Fatal(err)
		}
		response, err := transport.RoundTrip(request)
		if err != nil {
			t.Fatal(err)
		}
		response.Body.Close()
	}
}

func breakAfterOne(connection net.Conn, received, bodies *atomic.Int64) {
	defer connection.Close()
	reader := bufio.NewReader(connection)
	for n := 0; ; n++ {
		request, err := http.ReadRequest(reader)
		if err != nil {
			return
		}
		received.Add(1)
		if request.ContentLength != 0 {
			bodies.Add(1)
		}
		if n == 1 {
			return
		}
		fmt.Fprint(connection, "HTTP/1.1 204 No Content\r\n\r\n")
	}
}
