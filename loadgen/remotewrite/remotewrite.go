// Package remotewrite sends metrics by Prometheus remote write.
package remotewrite

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"sync"
	"time"

	"github.com/prometheus/client_golang/exp/api/remote"
	"github.com/prometheus/client_golang/prometheus"
)

const (
	// interval is the time between two writes: a third of the usual scrape interval, since runs are short.
	interval = 5 * time.Second
	// timeout bounds a write with its retries.
	timeout = 10 * time.Second
	retries = 3
)

// Config is where metrics go.
type Config struct {
	URL    string // of the receiver's route, such as http://127.0.0.1:9090/api/v1/write; may have a user and a password
	Header http.Header
	Labels map[string]string // of every series that has none of that name
}

// A Writer sends what a registry has, at regular times, then once more at the end. Counters are totals, so a
// write that fails costs resolution and no count.
type Writer struct {
	api    *remote.API
	source prometheus.Gatherer
	labels map[string]string

	stop    context.CancelFunc
	stopped sync.WaitGroup
	failed  uint64 // writes; only the goroutine's until stopped
}

// Open starts to send what source has. It opens no connection, so that an error is one of the URL.
func Open(cfg Config, source prometheus.Gatherer) (*Writer, error) {
	api, err := remote.NewAPI(cfg.URL, remote.WithAPIPath(""),
		remote.WithAPIHTTPClient(&http.Client{
			Transport: &sender{cfg.Header, http.DefaultTransport},
			// Another host must not get the header, and most redirects would turn the write into a GET.
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		}),
		remote.WithAPIBackoff(remote.BackoffConfig{Min: 100 * time.Millisecond, Max: time.Second, MaxRetries: retries}))
	if err != nil {
		return nil, fmt.Errorf("remote write: %w", err)
	}
	ctx, stop := context.WithCancel(context.Background())
	w := &Writer{api: api, source: source, labels: cfg.Labels, stop: stop}
	w.stopped.Go(func() { w.run(ctx) })
	return w, nil
}

func (w *Writer) run(ctx context.Context) {
	ticks := time.NewTicker(interval)
	defer ticks.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticks.C:
			if err := w.write(ctx); err != nil && ctx.Err() == nil {
				w.failed++
			}
		}
	}
}

func (w *Writer) write(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	families, err := w.source.Gather()
	if err != nil {
		return fmt.Errorf("gather metrics: %w", err)
	}
	_, err = w.api.Write(ctx, remote.WriteV2MessageType, request(families, w.labels, time.Now()))
	return err
}

// Close sends the last values. It returns how many earlier writes failed, and an error if the last one did.
func (w *Writer) Close(ctx context.Context) (failed uint64, err error) {
	w.stop()
	w.stopped.Wait()
	if err := w.write(ctx); err != nil {
		return w.failed, errors.Join(errors.New("the last metrics were not written to the remote-write receiver"), err)
	}
	return w.failed, nil
}

// sender adds header fields to requests.
type sender struct {
	header http.Header
	next   http.RoundTripper
}

// RoundTrip implements http.RoundTripper.
func (s *sender) RoundTrip(r *http.Request) (*http.Response, error) {
	r = r.Clone(r.Context())
	for name, values := range s.header {
		r.Header[name] = values
	}
	return s.next.RoundTrip(r)
}
