package nethttp

import (
	"context"
	"net/http"
	"slices"
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	semconv "go.opentelemetry.io/otel/semconv/v1.43.0"
	"go.opentelemetry.io/otel/trace"

	"loadlab/internal/telemetry"
)

const (
	unmatched   = telemetry.UnmatchedRoute
	otherMethod = "_OTHER"
	scheme      = "http" // the server speaks no TLS
)

// knownMethods are the label values of the semantic conventions; any other
// method is counted as _OTHER.
func knownMethods() []string {
	return []string{"GET", "HEAD", "POST", "PUT", "DELETE", "CONNECT", "OPTIONS", "TRACE", "PATCH", otherMethod}
}

// answered are the methods that a route takes: its mux answers HEAD as GET.
func answered() []string { return append([]string{http.MethodHead}, methods...) }

type metrics struct {
	duration *prometheus.HistogramVec
	active   *prometheus.GaugeVec
	lag      prometheus.Histogram

	routes          map[string]route
	answered, known []string // methods
}

func newMetrics(registry *prometheus.Registry) *metrics {
	durations := telemetry.DurationOpts("http_server_request_duration_seconds", "Duration of HTTP server requests.")
	durations.ConstLabels = prometheus.Labels{"url_scheme": scheme}
	m := &metrics{
		routes: routes(), answered: answered(), known: knownMethods(),
		duration: prometheus.NewHistogramVec(durations, []string{"http_request_method", "http_route", "http_response_status_code", "error_type"}),
		active: prometheus.NewGaugeVec(prometheus.GaugeOpts{
			Name: "http_server_active_requests", Help: "HTTP server requests in progress.", ConstLabels: durations.ConstLabels,
		}, []string{"http_request_method", "http_route"}),
		lag: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name: "lab_event_loop_lag_seconds", Help: "How much later than planned a timer fired.",
			Buckets: []float64{.001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10},
		}),
	}
	registry.MustRegister(m.duration, m.active, m.lag)
	for path := range m.routes {
		for _, method := range m.answered {
			m.active.WithLabelValues(method, path)
		}
	}
	for _, method := range m.known {
		m.active.WithLabelValues(method, unmatched)
	}
	return m
}

// route is the label of the route that answers the request.
func (m *metrics) route(r *http.Request) string {
	if _, known := m.routes[r.URL.Path]; !known || !slices.Contains(m.answered, r.Method) {
		return unmatched
	}
	return r.URL.Path
}

// method is the label of the request's method.
func (m *metrics) method(r *http.Request) string {
	if !slices.Contains(m.known, r.Method) {
		return otherMethod
	}
	return r.Method
}

// spanName is the method with the route, or the method alone if there is no such route.
func (m *metrics) spanName(_ string, r *http.Request) string {
	method, route := m.method(r), m.route(r)
	switch {
	case route != unmatched:
		return method + " " + route
	case method == otherMethod:
		return "HTTP" // as the semantic conventions say
	}
	return method
}

// wrap counts the requests of next, and names the trace in the reply.
func (m *metrics) wrap(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		began := time.Now()
		path, method := m.route(r), m.method(r)
		if path != unmatched {
			trace.SpanFromContext(r.Context()).SetAttributes(semconv.HTTPRoute(path))
		}
		active := m.active.WithLabelValues(method, path)
		active.Inc()
		defer active.Dec()
		if span := trace.SpanContextFromContext(r.Context()); span.IsValid() {
			w.Header().Set("Traceresponse", "00-"+span.TraceID().String()+"-"+span.SpanID().String()+"-"+span.TraceFlags().String())
		}
		status := &statusWriter{ResponseWriter: w, status: http.StatusOK}
		next.ServeHTTP(status, r)
		code := strconv.Itoa(status.status)
		m.duration.WithLabelValues(method, path, code, errorType(status.status, code)).Observe(time.Since(began).Seconds())
	})
}

// errorType is the conventions' error.type of a server: the status code of its
// own failures, empty otherwise.
func errorType(status int, code string) string {
	if status < http.StatusInternalServerError {
		return ""
	}
	return code
}

// statusWriter remembers the status of a reply.
type statusWriter struct {
	http.ResponseWriter
	status int
}

// WriteHeader passes the status on.
func (w *statusWriter) WriteHeader(status int) {
	w.status = status
	w.ResponseWriter.WriteHeader(status)
}

// Unwrap lets http.MaxBytesReader close the connection.
func (w *statusWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }

const lagInterval = 50 * time.Millisecond // between two measurements

// measureLag observes how late a goroutine wakes, as the event loops of the
// other servers do for a task, until ctx ends.
func (m *metrics) measureLag(ctx context.Context) {
	for ctx.Err() == nil {
		due := time.Now().Add(lagInterval)
		select {
		case <-time.After(lagInterval):
			m.lag.Observe(max(0, time.Since(due)).Seconds())
		case <-ctx.Done():
		}
	}
}
