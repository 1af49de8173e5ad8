package outbound

import (
	"context"
	"errors"
	"net"
	"net/url"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/trace"

	"loadlab/internal/telemetry"
)

// Config is how calls of other services connect, read from the environment.
type Config struct {
	ConnectWait time.Duration `env:"CONNECT_WAIT" envDefault:"10s" min:"0s" max:"10m" help:"how long a request waits, within its time budget, for a service that takes no connections, such as one that restarts; 0s fails at once"`
}

// knockEvery is the pause between two attempts to connect to a service that
// takes no connections.
const knockEvery = 25 * time.Millisecond

// door is where requests wait for one address that takes no connections. One
// goroutine tries to connect for all of them, for as long as there are any, so
// that a service which starts is not met by as many attempts as requests wait.
type door struct {
	mu      sync.Mutex
	waiting int
	opened  chan struct{} // closed when the address takes connections again; nil while no request waits
}

// wait reports whether address takes connections; it is false when ctx or ending is done first.
func (d *door) wait(ctx context.Context, ending <-chan struct{}, address string) bool {
	d.mu.Lock()
	d.waiting++
	if d.opened == nil {
		d.opened = make(chan struct{})
		go d.knock(address, d.opened) //nolint:gosec // G118: it knocks for every request that waits, and ends with the last
	}
	opened := d.opened
	d.mu.Unlock()
	defer func() {
		d.mu.Lock()
		d.waiting--
		d.mu.Unlock()
	}()
	select {
	case <-opened:
		return true
	case <-ctx.Done():
	case <-ending:
	}
	return false
}

// knock ends when a connection was made or no request waits.
func (d *door) knock(address string, opened chan struct{}) {
	dialer := net.Dialer{Timeout: dialTimeout}
	for {
		time.Sleep(knockEvery)
		conn, err := dialer.DialContext(context.Background(), "tcp", address)
		if err == nil {
			_ = conn.Close() // it has carried nothing
			close(opened)
		}
		d.mu.Lock()
		last := err == nil || d.waiting == 0
		if last {
			d.opened = nil
		}
		d.mu.Unlock()
		if last {
			return
		}
	}
}

// doors are the waiting requests of a service's calls, with their metrics.
type doors struct {
	patience time.Duration   // of one request
	ending   <-chan struct{} // closed when the caller itself ends, so that no request waits
	waiting  *prometheus.GaugeVec
	waited   *prometheus.HistogramVec
}

// The values of the label result: whether the request was sent in the end.
const (
	resultConnected = "connected"
	resultGaveUp    = "gave_up"
)

func newDoors(cfg Config, registry *prometheus.Registry) *doors {
	d := &doors{
		patience: cfg.ConnectWait,
		waiting: prometheus.NewGaugeVec(prometheus.GaugeOpts{
			Name: "lab_connect_waiting_requests", Help: "Requests that wait for a service which takes no connections.",
		}, []string{"service_peer_name"}),
		waited: prometheus.NewHistogramVec(telemetry.DurationOpts("lab_connect_wait_seconds",
			"Time that requests waited for a service which took no connections."), []string{"service_peer_name", "result"}),
	}
	registry.MustRegister(d.waiting, d.waited)
	return d
}

// prepare makes the series of a service, so that the first wait is an increase.
func (d *doors) prepare(service string) {
	d.waiting.WithLabelValues(service)
	for _, result := range []string{resultConnected, resultGaveUp} {
		d.waited.WithLabelValues(service, result)
	}
}

// WaitUntil ends all waits for services that take no connections when ending is
// closed, because the caller itself is about to end. It is called before the first request.
func (t *Transport) WaitUntil(ending <-chan struct{}) { t.doors.ending = ending }

// enter calls send, and again each time the service takes connections after an
// attempt for which it took none, until the patience or ctx is at an end. Nothing
// of the request was sent then, so this is no retry and right for every method.
func (t *way) enter(ctx context.Context, span trace.Span, to *url.URL, send func() error) error {
	err := send()
	if !IsRefusal(err) || t.doors.patience == 0 || ctx.Err() != nil {
		return err
	}
	began := time.Now()
	waiting := t.doors.waiting.WithLabelValues(t.service)
	waiting.Inc()
	defer waiting.Dec()
	span.AddEvent("refused", trace.WithAttributes(attribute.String("lab.connect_error", err.Error())))
	limited, cancel := context.WithTimeout(ctx, t.doors.patience)
	defer cancel()
	for IsRefusal(err) && t.door.wait(limited, t.doors.ending, net.JoinHostPort(to.Hostname(), portOf(to))) {
		err = send()
	}
	waited, result := time.Since(began), resultConnected
	if IsRefusal(err) {
		result = resultGaveUp
	}
	span.AddEvent("waited for a connection", trace.WithAttributes(
		attribute.Float64("lab.connect_wait_seconds", waited.Seconds()), attribute.String("lab.result", result)))
	telemetry.Observe(t.doors.waited.WithLabelValues(t.service, result), waited, span.SpanContext())
	return err
}

// IsRefusal reports whether err says that no connection to the service could be
// made, so that nothing was sent.
func IsRefusal(err error) bool {
	operation, ok := errors.AsType[*net.OpError](err)
	return ok && operation.Op == "dial"
}
