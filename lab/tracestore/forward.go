package tracestore

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"loadlab/internal/telemetry"
)

const (
	forwardQueue = 64 // exports; some 16 MiB at the very most of ordinary ones
	forwardIdle  = time.Minute
)

// Forwarder sends exports on to another OTLP/HTTP collector. What that one does
// not take in time is dropped: the lab itself has the spans already.
type Forwarder struct {
	url     string
	headers map[string]string
	client  *http.Client
	queue   chan Export
	dropped atomic.Int64
}

// NewForwarder sends to the collector by OTLP over HTTP, in the form in which
// the exports were received.
func NewForwarder(to telemetry.Collector) *Forwarder {
	return &Forwarder{
		url:     to.URL,
		headers: to.Headers,
		client: &http.Client{
			Timeout: to.Timeout,
			Transport: &http.Transport{
				Proxy: http.ProxyFromEnvironment, TLSClientConfig: to.TLS, ForceAttemptHTTP2: true, IdleConnTimeout: forwardIdle,
			},
			// Another host must not get the headers, and most redirects would turn the export into a GET.
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		},
		queue: make(chan Export, forwardQueue),
	}
}

// Send queues an export without blocking.
func (f *Forwarder) Send(export Export) {
	select {
	case f.queue <- export:
	default:
		f.dropped.Add(1)
	}
}

// Run sends until ctx ends, and reports each time that the collector begins to
// refuse or to take exports.
func (f *Forwarder) Run(ctx context.Context, report func(error)) {
	defer f.client.CloseIdleConnections()
	failing := false
	for {
		select {
		case <-ctx.Done():
			return
		case export := <-f.queue:
			err := f.post(ctx, export)
			if err != nil {
				f.dropped.Add(1)
			}
			if failed := err != nil; failed != failing && ctx.Err() == nil {
				failing = failed
				report(err)
			}
		}
	}
}

// Metrics describe the forwarder to Prometheus.
func (f *Forwarder) Metrics() prometheus.Collector {
	return prometheus.NewCounterFunc(prometheus.CounterOpts{
		Name: "lab_tracestore_forward_dropped_exports_total", Help: "Exports that the further collector did not take.",
	}, func() float64 { return float64(f.dropped.Load()) })
}

func (f *Forwarder) post(ctx context.Context, export Export) error {
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, f.url, bytes.NewReader(export.Body))
	if err != nil {
		return fmt.Errorf("forward spans: %w", err)
	}
	for name, value := range f.headers {
		request.Header.Set(name, value)
	}
	request.Header.Set("Content-Type", export.ContentType)
	if export.ContentEncoding != "" {
		request.Header.Set("Content-Encoding", export.ContentEncoding)
	}
	response, err := f.client.Do(request)
	if err != nil {
		return fmt.Errorf("forward spans: %w", err)
	}
	defer response.Body.Close()
	_, _ = io.Copy(io.Discard, io.LimitReader(response.Body, 1<<16)) // for the connection's next use
	if response.StatusCode/100 != 2 {
		return errors.New("forward spans: " + response.Status)
	}
	return nil
}
