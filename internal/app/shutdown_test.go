package app_test

import (
	"io"
	"net"
	"net/http"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"loadlab/internal/exitcode"
	"loadlab/internal/testkit"
)

// Clients with kept connections send one request after the other until a reply
// asks them to leave. Every request they send is answered in full, and every
// one is in the access log and among the spans.
func TestSignalUnderLoadLosesNothing(t *testing.T) {
	collector := testkit.NewCollector(t)
	// A second of delay instead of a quarter: on a busy machine a client may not
	// run for that long, and the promise is for those who came back within it.
	p := testkit.Start(t, "iobound", "SHUTDOWN_DELAY=1s", "SHUTDOWN_TIMEOUT=20s",
		"OTEL_EXPORTER_OTLP_ENDPOINT="+collector.URL, "OTEL_TRACES_SAMPLER=always_on", "OTEL_BSP_MAX_QUEUE_SIZE=65536")
	var answered atomic.Int64
	var clients sync.WaitGroup
	for i := range 16 {
		target := "/io/wait?ms=10&jitter=0.5"
		if i < 2 {
			target = "/io/wait?ms=1500" // still in progress when the delay is over
		}
		clients.Go(func() { untilAskedToLeave(t, p.URL+target, &answered) })
	}
	const load = 100 // requests, after which all connections have been in use
	for deadline := time.Now().Add(time.Minute); answered.Load() < load && time.Now().Before(deadline); {
		time.Sleep(10 * time.Millisecond)
	}
	began := time.Now()
	p.Signal(syscall.SIGTERM)
	clients.Wait()
	if code := p.Wait().ExitCode(); code != exitcode.Pass {
		t.Errorf("exit code %d", code)
	}
	if took := time.Since(began); took > 20*time.Second {
		t.Errorf("the end took %v, the deadline is 20s", took)
	}
	sent := int(answered.Load())
	logged := len(testkit.Messages(p.Log(), "request"))
	traced := len(collector.Spans())
	if sent < load || logged != sent || traced != sent {
		t.Errorf("%d requests answered, %d logged, %d traced", sent, logged, traced)
	}
}

// untilAskedToLeave sends requests on one connection and counts those that are answered.
func untilAskedToLeave(t *testing.T, url string, answered *atomic.Int64) {
	transport := &http.Transport{MaxConnsPerHost: 1}
	defer transport.CloseIdleConnections()
	for {
		request, err := http.NewRequest(http.MethodPost, url, http.NoBody) // net/http never sends a POST again
		if err != nil {
			t.Error(err)
			return
		}
		response, err := transport.RoundTrip(request)
		if err != nil {
			t.Errorf("a request was lost: %v", err)
			return
		}
		_, err = io.Copy(io.Discard, response.Body)
		response.Body.Close()
		if err != nil || response.StatusCode != http.StatusOK {
			t.Errorf("a reply was lost: %s %v", response.Status, err)
			return
		}
		answered.Add(1)
		if response.Close {
			return
		}
	}
}

// hold sends a request that takes a minute and returns once it is in progress.
func hold(t *testing.T, p *testkit.Process) {
	t.Helper()
	go func() {
		if response, err := http.Get(p.URL + "/io/wait?ms=60000"); err == nil {
			response.Body.Close()
		}
	}()
	for deadline := time.Now().Add(10 * time.Second); ; time.Sleep(5 * time.Millisecond) {
		if testkit.Metrics(t, p.AdminURL+"/metrics").Sum("http_server_active_requests", nil) == 1 {
			return
		}
		if time.Now().After(deadline) {
			t.Fatal("the request is not in progress")
		}
	}
}

// A request that does not end in time is cut off; the exit code says so. The
// collector that never answers must not add to the deadline.
func TestDeadlineEndsTheProcess(t *testing.T) {
	t.Parallel()
	p := testkit.Start(t, "iobound", "SHUTDOWN_DELAY=0s", "SHUTDOWN_TIMEOUT=2s",
		"OTEL_EXPORTER_OTLP_ENDPOINT="+silence(t), "OTEL_TRACES_SAMPLER=always_on")
	hold(t, p)
	began := time.Now()
	if code := p.Stop(); code != exitcode.Error {
		t.Errorf("exit code %d, want %d", code, exitcode.Error)
	}
	// Flushing after the deadline instead of before it would end at 5 s; what is
	// over 2 s is for a process that the system lets wait.
	if took := time.Since(began); took < time.Second || took > 3500*time.Millisecond {
		t.Errorf("the end took %v, the deadline is 2s", took)
	}
}

// A connection that a client has opened in advance carries no request to wait for.
func TestUnusedConnectionsDoNotDelayTheEnd(t *testing.T) {
	t.Parallel()
	p := testkit.Start(t, "iobound", "SHUTDOWN_DELAY=0s")
	for _, base := range []string{p.URL, p.AdminURL} {
		conn, err := net.Dial("tcp", strings.TrimPrefix(base, "http://"))
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		// One that was opened later has been accepted when it is answered.
		if response, err := http.Get(base + "/"); err == nil {
			response.Body.Close()
		}
	}
	began := time.Now()
	if code := p.Stop(); code != exitcode.Pass {
		t.Errorf("exit code %d", code)
	}
	if took := time.Since(began); took > 4*time.Second {
		t.Errorf("the end took %v, like one that waits for a request", took)
	}
}

func TestDeadCollectorIsNoFailure(t *testing.T) {
	t.Parallel()
	p := testkit.Start(t, "iobound", "SHUTDOWN_DELAY=0s", "SHUTDOWN_TIMEOUT=2s",
		"OTEL_EXPORTER_OTLP_ENDPOINT="+silence(t), "OTEL_TRACES_SAMPLER=always_on")
	response, err := http.Get(p.URL + "/io/wait?ms=0")
	if err != nil {
		t.Fatal(err)
	}
	response.Body.Close()
	if code := p.Stop(); code != exitcode.Pass || p.Stderr() != "" {
		t.Errorf("exit code %d, %q", code, p.Stderr())
	}
}

func TestSecondSignalEndsAtOnce(t *testing.T) {
	for _, first := range []os.Signal{syscall.SIGTERM, os.Interrupt} {
		t.Run(first.String(), func(t *testing.T) {
			t.Parallel()
			p := testkit.Start(t, "iobound", "SHUTDOWN_TIMEOUT=1m")
			hold(t, p)
			p.Signal(first)
			for len(testkit.Messages(p.Log(), "draining")) == 0 {
				time.Sleep(5 * time.Millisecond)
			}
			began := time.Now()
			p.Signal(syscall.SIGTERM)
			status, ok := p.Wait().Sys().(syscall.WaitStatus)
			if !ok || !status.Signaled() || status.Signal() != syscall.SIGTERM {
				t.Errorf("ended with %v, want by the signal", p.Wait())
			}
			if took := time.Since(began); took > 5*time.Second {
				t.Errorf("the second signal took %v to end the process", took)
			}
		})
	}
}
