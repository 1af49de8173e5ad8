package web_test

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"loadlab/internal/telemetry"
	"loadlab/internal/testkit"
	"loadlab/internal/web"
	"loadlab/internal/web/input"
	"loadlab/internal/workmeter"
)

// await fails the test unless the metric reaches n.
func (s *surface) await(name string, labels testkit.Labels, n float64) {
	s.t.Helper()
	for deadline := time.Now().Add(time.Minute); testkit.Gather(s.t, s.Telemetry().Registry).Sum(name, labels) < n; time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			s.t.Fatalf("%s%v never reaches %v", name, labels, n)
		}
	}
}

// serve serves the surface over a network.
func (s *surface) serve() (address string) {
	server := httptest.NewServer(s.handler)
	s.t.Cleanup(server.CloseClientConnections)
	s.t.Cleanup(server.Close)
	s.t.Cleanup(server.CloseClientConnections) // before Close, which waits for them
	return strings.TrimPrefix(server.URL, "http://")
}

const oneByte = "POST /t/probe HTTP/1.1\r\nHost: a\r\n" + jsonHead + "Content-Length: 100\r\n\r\n{"

func replyLarge(s *web.Server) {
	s.Work("/t/large", func(*input.Reader) web.Do {
		return func(context.Context, *workmeter.Meter) (any, error) { return strings.Repeat("x", 16<<20), nil }
	})
}

// A slot is for work: neither a body that arrives slowly nor a reply that is read
// slowly takes one.
func TestSlowClientsTakeNoSlot(t *testing.T) {
	for name, text := range map[string]string{
		"bodies":  oneByte,
		"readers": "GET /t/large HTTP/1.1\r\nHost: a\r\n\r\n",
	} {
		t.Run(name, func(t *testing.T) {
			cfg := defaults()
			cfg.MaxConcurrency = 2
			s := newSurface(t, cfg, telemetry.Config{}, replyLarge)
			address := s.serve()
			const slow = 10
			for n := range slow {
				conn := testkit.Begin(t, address, text)
				if name == "readers" { // one after the other, since making the replies is work
					if _, err := io.ReadFull(conn, make([]byte, 1)); err != nil {
						t.Fatal(err)
					}
				}
				s.await("http_server_active_requests", nil, float64(n+1))
			}
			for range 40 {
				if status, body := testkit.Get(t, "http://"+address+"/t/wait?ms=1"); status != http.StatusOK {
					t.Fatalf("another request was answered %d %s", status, body)
				}
			}
		})
	}
}

func TestBodiesBelowTheMinimumRate(t *testing.T) {
	cfg := defaults()
	cfg.Transfers = web.Transfers{Timeout: time.Minute, MinRate: 1000}
	s := newSurface(t, cfg, telemetry.Config{})
	conn := testkit.Begin(t, s.serve(), oneByte)
	began := time.Now()
	status := make([]byte, len("HTTP/1.1 408"))
	if _, err := io.ReadFull(conn, status); err != nil || string(status) != "HTTP/1.1 408" {
		t.Errorf("%q, %v", status, err)
	}
	if took := time.Since(began); took > 30*time.Second {
		t.Errorf("the slow body ended after %v: at its rate, after 2 s", took)
	}
	s.await("lab_shed_requests_total", testkit.Labels{"http_route": "/t/probe", "reason": "slow_body"}, 1)
}

// A steady body above the rate may take as long as it needs.
func TestBodiesAboveTheMinimumRate(t *testing.T) {
	cfg := defaults()
	cfg.Transfers = web.Transfers{Timeout: time.Minute, MinRate: 10}
	s := newSurface(t, cfg, telemetry.Config{})
	conn := testkit.Begin(t, s.serve(), "POST /t/probe HTTP/1.1\r\nHost: a\r\n"+jsonHead+"Content-Length: 2000\r\n\r\n{}")
	for range 6 {
		time.Sleep(500 * time.Millisecond)
		if _, err := io.WriteString(conn, strings.Repeat(" ", 333)); err != nil {
			t.Fatal(err)
		}
	}
	status := make([]byte, len("HTTP/1.1 200"))
	if _, err := io.ReadFull(conn, status); err != nil || string(status) != "HTTP/1.1 200" {
		t.Errorf("%q, %v", status, err)
	}
}

func TestReadersBelowTheMinimumRate(t *testing.T) {
	cfg := defaults()
	cfg.Transfers = web.Transfers{Timeout: 500 * time.Millisecond}
	s := newSurface(t, cfg, telemetry.Config{}, replyLarge)
	testkit.Begin(t, s.serve(), "GET /t/large HTTP/1.1\r\nHost: a\r\n\r\n")
	s.await("lab_shed_requests_total", testkit.Labels{"http_route": "/t/large", "reason": "slow_reader"}, 1)
}

// Bodies that are announced and do not come make room for those that come.
func TestTheMemoryOfBodiesIsBounded(t *testing.T) {
	cfg := defaults()
	cfg.Transfers = web.Transfers{Memory: 100 << 10}
	s := newSurface(t, cfg, telemetry.Config{})
	address := s.serve()
	const each = 30 << 10 // takes 32 KiB, so three of them fit
	first := testkit.Begin(t, address, "POST /t/probe HTTP/1.1\r\nHost: a\r\n"+jsonHead+"Content-Length: 60000\r\n\r\n{"+strings.Repeat(" ", each))
	for range 4 {
		s.await("http_server_active_requests", nil, 1)
		testkit.Begin(t, address, "POST /t/probe HTTP/1.1\r\nHost: a\r\n"+jsonHead+"Content-Length: 60000\r\n\r\n{"+strings.Repeat(" ", each))
	}
	status := make([]byte, len("HTTP/1.1 408"))
	if _, err := io.ReadFull(first, status); err != nil || string(status) != "HTTP/1.1 408" {
		t.Errorf("the oldest body: %q, %v", status, err)
	}
	s.await("lab_shed_requests_total", testkit.Labels{"http_route": "/t/probe", "reason": "body_memory"}, 1)
	response, err := http.Post("http://"+address+"/t/probe?n=7", "application/json", strings.NewReader("{"+strings.Repeat(" ", each)+"}"))
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		t.Errorf("a body that came at once: %s", response.Status)
	}
}
