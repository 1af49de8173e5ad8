package nethttp

import (
	"context"
	"net/http"
	"slices"
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"go.opentelemetry.io/otel/trace"

	"loadlab/internal/telemetry"
)

const unmatched = "unmatched" // the route label of a request without a route

type metrics struct {
	duration *prometheus.HistogramVec
	active   *prometheus.GaugeVec
	lag      prometheus.Histogram
}

func newMetrics(registry *prometheus.Registry) *metrics {
	m := &metrics{
		duration: prometheus.NewHistogramVec(
			telemetry.DurationOpts("http_server_request_duration_seconds", "Duration of HTTP server requests."),
			[]string{"http_request_method", "http_route", "http_response_status_code"}),
		active: prometheus.NewGaugeVec(prometheus.GaugeOpts{
			Name: "http_server_active_requests", Help: "HTTP server requests in progress.",
		}, []string{"http_route"}),
		lag: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name: "lab_event_loop_lag_seconds", Help: "How much later than planned a timer fired.",
			Buckets: []float64{.001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10},
		}),
	}
	registry.MustRegister(m.duration, m.active, m.lag)
	for path := range routes() {
		m.active.WithLabelValues(path)
	}
	m.active.WithLabelValues(unmatched)
	return m
}

// wrap counts the requests of next, and names the trace in the reply.
func (m *metrics) wrap(next http.Handler) http.Handler {
	known := routes()
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		began := time.Now()
		path, method := r.URL.Path, r.Method
		if _, ok := known[path]; !ok || !slices.Contains(methods, method) {
			path = unmatched
		}
		if !slices.Contains(append([]string{http.MethodHead, http.MethodOptions, http.MethodPatch}, methods...), method) {
			method = "_OTHER"
		}
		active := m.active.WithLabelValues(path)
		active.Inc()
		defer active.Dec()
		if span := trace.SpanContextFromContext(r.Context()); span.IsValid() {
			w.Header().Set("Traceresponse", "00-"+span.TraceID().String()+"-"+span.SpanID().String()+"-"+span.TraceFlags().String())
		}
		status := &statusWriter{ResponseWriter: w, status: http.StatusOK}
		next.ServeHTTP(status, r)
		m.duration.WithLabelValues(method, path, strconv.Itoa(status.status)).Observe(time.Since(began).Seconds())
	})
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
