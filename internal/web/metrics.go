package web

import (
	"net/http"
	"strconv"
	"sync/atomic"
	"time"

	"github.com/labstack/echo/v4"
	"github.com/prometheus/client_golang/prometheus"
	"go.opentelemetry.io/otel/trace"

	"loadlab/internal/telemetry"
	"loadlab/internal/web/problem"
	"loadlab/internal/workmeter"
)

// unmatched is the route label of requests that no route takes, so that no
// client can make label values.
const unmatched = telemetry.UnmatchedRoute

// metrics are the vectors; endpoints hold what they resolve to, so that a
// request looks no label up.
type metrics struct {
	duration  *prometheus.HistogramVec
	active    *prometheus.GaugeVec
	work      *prometheus.CounterVec
	entry     *prometheus.CounterVec
	abandoned *prometheus.CounterVec
	wasted    *prometheus.CounterVec
	shed      *prometheus.CounterVec

	endpoints map[endpointKey]*endpoint
}

type endpointKey struct{ method, path string }

func newMetrics(registry *prometheus.Registry) *metrics {
	counter := func(name, help string, labels ...string) *prometheus.CounterVec {
		return prometheus.NewCounterVec(prometheus.CounterOpts{Name: name, Help: help}, labels)
	}
	durations := telemetry.DurationOpts("http_server_request_duration_seconds", "Duration of HTTP server requests.")
	durations.ConstLabels = prometheus.Labels{"url_scheme": scheme}
	m := &metrics{
		duration: prometheus.NewHistogramVec(durations, []string{"http_request_method", "http_route", "http_response_status_code", "error_type"}),
		active: prometheus.NewGaugeVec(prometheus.GaugeOpts{
			Name: "http_server_active_requests", Help: "HTTP server requests in progress.", ConstLabels: durations.ConstLabels,
		}, []string{"http_request_method", "http_route"}),
		work: counter("lab_work_seconds_total",
			"Time of finished requests by where it went; its rate is the mean number of requests in that state.", "http_route", "part"),
		entry: counter("lab_entry_seconds_total",
			"Time of finished requests from their receipt by the kernel until their handler started; a part of their queue.", "http_route"),
		abandoned: counter("lab_abandoned_requests_total", "Requests whose client left before the reply.", "http_route"),
		wasted:    counter("lab_wasted_cpu_seconds_total", "CPU time spent on requests whose client left.", "http_route"),
		shed:      counter("lab_shed_requests_total", "Requests refused to protect the service.", "http_route", "reason"),
		endpoints: map[endpointKey]*endpoint{},
	}
	registry.MustRegister(m.duration, m.active, m.work, m.entry, m.abandoned, m.wasted, m.shed)
	return m
}

// resolve prepares an endpoint for each route and one a method for the rest.
func (m *metrics) resolve(routes []*echo.Route) {
	for _, route := range routes {
		m.endpoints[endpointKey{route.Method, route.Path}] = m.newEndpoint(route.Method, route.Path)
	}
	for _, method := range knownMethods() {
		m.endpoints[endpointKey{method, unmatched}] = m.newEndpoint(method, unmatched)
	}
}

// knownMethods are the label values of the semantic conventions; any other
// method is counted as _OTHER.
func knownMethods() []string {
	return []string{"GET", "HEAD", "POST", "PUT", "DELETE", "CONNECT", "OPTIONS", "TRACE", "PATCH", otherMethod}
}

const otherMethod = "_OTHER"

func (m *metrics) endpoint(method, path string) *endpoint {
	if e := m.endpoints[endpointKey{method, path}]; e != nil {
		return e
	}
	if e := m.endpoints[endpointKey{method, unmatched}]; e != nil {
		return e
	}
	return m.endpoints[endpointKey{otherMethod, unmatched}]
}

// endpoint is one method of one route with its metrics.
type endpoint struct {
	method, route, spanName string

	metrics           *metrics
	active            prometheus.Gauge
	cpu, wait, queue  prometheus.Counter
	entry             prometheus.Counter
	abandoned, wasted prometheus.Counter
	durations         [600]atomic.Pointer[prometheus.Observer] // by status
}

func (m *metrics) newEndpoint(method, route string) *endpoint {
	return &endpoint{
		method: method, route: route, spanName: spanName(method, route),
		metrics:   m,
		active:    m.active.WithLabelValues(method, route),
		cpu:       m.work.WithLabelValues(route, "cpu"),
		wait:      m.work.WithLabelValues(route, "wait"),
		queue:     m.work.WithLabelValues(route, "queue"),
		entry:     m.entry.WithLabelValues(route),
		abandoned: m.abandoned.WithLabelValues(route),
		wasted:    m.wasted.WithLabelValues(route),
	}
}

// spanName is what the conventions call a server's span: the method, or HTTP for
// one that they do not know, and the route if there is one.
func spanName(method, route string) string {
	if method == otherMethod {
		method = "HTTP"
	}
	if route == unmatched {
		return method
	}
	return method + " " + route
}

// errorType is the conventions' error.type of a server: the status code of its
// own failures, empty otherwise.
func errorType(status int, code string) string {
	if status < http.StatusInternalServerError {
		return ""
	}
	return code
}

func (e *endpoint) finish(status int, elapsed time.Duration, split workmeter.Split, span trace.SpanContext) {
	e.active.Dec()
	e.cpu.Add(split.CPU.Seconds())
	e.wait.Add(split.Wait.Seconds())
	e.queue.Add(split.Queue.Seconds())
	e.entry.Add(split.Entry.Seconds())
	if status == problem.StatusClientClosed {
		e.abandoned.Inc()
		e.wasted.Add(split.CPU.Seconds())
	}
	telemetry.Observe(e.duration(status), elapsed, span)
}

func (e *endpoint) duration(status int) prometheus.Observer {
	if status < 0 || status >= len(e.durations) {
		status = 0
	}
	slot := &e.durations[status]
	if known := slot.Load(); known != nil {
		return *known
	}
	code := strconv.Itoa(status)
	observer := e.metrics.duration.WithLabelValues(e.method, e.route, code, errorType(status, code))
	slot.Store(&observer)
	return observer
}

// shed counts a request refused for reason, one of a fixed set.
func (e *endpoint) shed(reason string) {
	e.metrics.shed.WithLabelValues(e.route, reason).Inc()
}
