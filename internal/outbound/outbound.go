// Package outbound is the instrumented HTTP transport of calls from one service to another.
package outbound

import (
	"context"
	"io"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/trace"

	"loadlab/internal/telemetry"
	"loadlab/internal/web"
)

// Transport sends requests with a client span, the W3C trace context and the
// time budget that is left, and records their duration. It waits for a service
// that takes no connections, and sends nothing twice.
type Transport struct {
	tel      *telemetry.Telemetry
	duration *prometheus.HistogramVec
	doors    *doors

	mu   sync.Mutex
	ways []*way
}

// maxConnections bounds the connections to one host: as many as a service
// serves requests at once by default.
const maxConnections = 1024

// NewTransport registers its metric with the service's registry, so a service has one.
func NewTransport(cfg Config, tel *telemetry.Telemetry) *Transport {
	duration := prometheus.NewHistogramVec(
		telemetry.DurationOpts("http_client_request_duration_seconds", "Duration of HTTP client requests."),
		[]string{"service_peer_name", "server_address", "server_port", "http_request_method", "http_response_status_code", "error_type"})
	tel.Registry.MustRegister(duration)
	return &Transport{tel: tel, duration: duration, doors: newDoors(cfg, tel.Registry)}
}

// To returns the transport to one service, under the name that traces and
// metrics show. It has connections of its own.
func (t *Transport) To(service string) http.RoundTripper {
	w := &way{Transport: t, service: service, base: &http.Transport{
		DialContext:           dial,
		MaxIdleConnsPerHost:   maxConnections,
		MaxConnsPerHost:       maxConnections,
		IdleConnTimeout:       30 * time.Second,
		ResponseHeaderTimeout: 2 * time.Minute,
		DisableCompression:    true,
	}}
	t.doors.prepare(service)
	t.mu.Lock()
	defer t.mu.Unlock()
	t.ways = append(t.ways, w)
	return w
}

type way struct {
	*Transport
	service string
	base    *http.Transport
	door    door
}

// RoundTrip sends one request, as http.RoundTripper asks.
func (t *way) RoundTrip(r *http.Request) (*http.Response, error) {
	ctx, span := t.tel.Tracer.Start(r.Context(), r.Method, trace.WithSpanKind(trace.SpanKindClient))
	defer span.End()
	port := portOf(r.URL)
	if span.IsRecording() {
		ctx = describe(ctx, span, r, port, t.service)
	}
	r = r.Clone(ctx)
	forbidReplay(r)
	t.tel.Propagator.Inject(ctx, propagation.HeaderCarrier(r.Header))

	began := time.Now()
	var response *http.Response
	err := t.enter(ctx, span, r.URL, func() (err error) {
		handDownBudget(ctx, r.Header)
		response, err = t.base.RoundTrip(r) //nolint:bodyclose // it is returned
		return err
	})
	if err == nil && response.Close {
		// The service is about to end. Were it to close the idle connections, a
		// request on its way on one of them would be lost.
		t.base.CloseIdleConnections()
	}
	code, class := outcome(response, err)
	if span.IsRecording() {
		conclude(span, response, err, class)
	}
	telemetry.Observe(t.duration.WithLabelValues(t.service, r.URL.Hostname(), port, r.Method, code, class), time.Since(began), span.SpanContext())
	return response, err
}

// forbidReplay keeps net/http from sending r again on its own. It does so for a
// safe request without a body when a kept connection breaks, and that retry would
// escape every count and retry budget. A body that can be read only once
// prevents it. Its length would be unknown, and net/http sends a chunked body if
// it cannot find out in 200 ms that there is none: an identity encoding without
// a length has it write what the body has, which is nothing.
func forbidReplay(r *http.Request) {
	r.GetBody = nil
	switch r.Method {
	case http.MethodGet, http.MethodHead, http.MethodOptions, http.MethodTrace:
		if r.Body == nil || r.Body == http.NoBody {
			r.Body, r.TransferEncoding = io.NopCloser(strings.NewReader("")), []string{"identity"}
		}
	}
}

// handDownBudget tells the callee how long the caller will wait.
func handDownBudget(ctx context.Context, header http.Header) {
	if deadline, ok := ctx.Deadline(); ok {
		left := max(1, time.Until(deadline).Milliseconds())
		header.Set(web.TimeoutHeader, strconv.FormatInt(left, 10))
	}
}

// Close ends idle connections.
func (t *Transport) Close() {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, w := range t.ways {
		w.base.CloseIdleConnections()
	}
}
