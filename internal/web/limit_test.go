package web_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"loadlab/internal/telemetry"
	"loadlab/internal/testkit"
	"loadlab/internal/web"
	"loadlab/internal/web/input"
	"loadlab/internal/workmeter"
)

func TestConcurrencyIsLimited(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cfg := defaults()
		cfg.MaxConcurrency = 2
		s := newSurface(t, cfg, telemetry.Config{})
		replies := make(chan *httptest.ResponseRecorder, 2)
		for range cap(replies) {
			go func() { replies <- s.get("/t/wait?ms=1000") }()
		}
		synctest.Wait()
		refused := s.get("/t/wait?ms=0")
		p := problemOf(t, refused)
		if refused.Code != http.StatusServiceUnavailable || refused.Header().Get("Retry-After") != "1" ||
			p.Detail != "the service has 2 requests in progress, which is its limit" {
			t.Errorf("status %d, Retry-After %q, detail %q", refused.Code, refused.Header().Get("Retry-After"), p.Detail)
		}
		if admin := s.control(http.MethodGet, "/livez", ""); admin.Code != http.StatusOK {
			t.Errorf("liveness under load: %d", admin.Code)
		}
		for range cap(replies) {
			if reply := <-replies; reply.Code != http.StatusOK {
				t.Errorf("an accepted request got %d", reply.Code)
			}
		}
		if reply := s.get("/t/wait?ms=0"); reply.Code != http.StatusOK {
			t.Errorf("status %d after the load", reply.Code)
		}
		samples := testkit.Gather(t, s.Telemetry().Registry)
		if got := samples.Sum("lab_shed_requests_total", testkit.Labels{"http_route": "/t/wait", "reason": "concurrency"}); got != 1 {
			t.Errorf("%v requests counted as shed, want 1", got)
		}
	})
}

func TestTimeBudget(t *testing.T) {
	const spent = http.StatusGatewayTimeout
	for _, row := range []struct {
		name, handed string
		work         time.Duration
		status       int
		after        time.Duration
	}{
		{"within the service's own", "", 900 * time.Millisecond, 200, 900 * time.Millisecond},
		{"the service's own is spent", "", 2 * time.Second, spent, time.Second},
		{"what the caller has left is spent", "300", 2 * time.Second, spent, 300 * time.Millisecond},
		{"a caller cannot lengthen it", "5000", 2 * time.Second, spent, time.Second},
		{"spent on the way", "0", 2 * time.Second, spent, 0},
		{"spent before", "-5", 2 * time.Second, spent, 0},
		{"not a number", "soon", 2 * time.Second, 400, 0},
		{"empty", " ", 2 * time.Second, 400, 0},
		{"a fraction", "1.5", 2 * time.Second, 400, 0},
		{"Go's notation", "1_000", 2 * time.Second, 400, 0},
		{"with an exponent", "1e3", 2 * time.Second, 400, 0},
		{"with a plus", "+300", 2 * time.Second, 400, 0},
		{"twice", "300,300", 2 * time.Second, 400, 0},
		{"in two lines", "300\n300", 2 * time.Second, 400, 0},
		{"overflow", "99999999999999999999", 2 * time.Second, 400, 0},
	} {
		t.Run(row.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				cfg := defaults()
				cfg.RequestTimeout = time.Second
				s := newSurface(t, cfg, telemetry.Config{})
				r := httptest.NewRequest(http.MethodGet, "/t/wait", http.NoBody)
				r.URL.RawQuery = "ms=" + strconv.FormatInt(row.work.Milliseconds(), 10)
				if row.handed != "" {
					r.Header[web.TimeoutHeader] = strings.Split(row.handed, "\n")
				}
				began := time.Now()
				reply := s.send(r)
				if took := time.Since(began); reply.Code != row.status || took != row.after {
					t.Errorf("status %d after %v, want %d after %v", reply.Code, took, row.status, row.after)
				}
			})
		})
	}
}

// A request whose time is over is refused, however little there is to do.
func TestSpentBudgetsAreRefused(t *testing.T) {
	worked := false
	s := newSurface(t, defaults(), telemetry.Config{}, func(s *web.Server) {
		s.Work("/t/instant", func(*input.Reader) web.Do {
			return func(context.Context, *workmeter.Meter) (any, error) { worked = true; return nil, nil }
		})
	})
	for _, target := range []string{"/t/instant", "/"} {
		for _, left := range []string{"0", "-5"} {
			r := httptest.NewRequest(http.MethodGet, target, http.NoBody)
			r.Header.Set(web.TimeoutHeader, left)
			if reply := s.send(r); reply.Code != http.StatusGatewayTimeout || worked {
				t.Errorf("%s with %s: %s: %d, worked on: %t; want 504 without work", target, web.TimeoutHeader, left, reply.Code, worked)
			}
		}
	}
}

// A client that leaves ends the work; what had been spent on it is counted as wasted.
func TestAbandonedRequest(t *testing.T) {
	started := make(chan struct{}, 1)
	s := newSurface(t, defaults(), telemetry.Config{}, func(s *web.Server) {
		s.Work("/t/burn", func(*input.Reader) web.Do {
			return func(ctx context.Context, m *workmeter.Meter) (any, error) {
				for ctx.Err() == nil {
					if m.CPU() > 2*time.Millisecond {
						select {
						case started <- struct{}{}:
						default:
						}
					}
				}
				return nil, context.Cause(ctx)
			}
		})
	})
	server := httptest.NewServer(s.handler)
	defer server.Close()
	ctx, leave := context.WithCancel(t.Context())
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, server.URL+"/t/burn", http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	go func() {
		<-started
		leave()
	}()
	if response, err := http.DefaultClient.Do(request); err == nil {
		response.Body.Close()
		t.Fatal("the client got a reply")
	}
	server.Close() // waits for the handler
	samples := testkit.Gather(t, s.Telemetry().Registry)
	route := testkit.Labels{"http_route": "/t/burn"}
	if got := samples.Sum("lab_abandoned_requests_total", route); got != 1 {
		t.Errorf("%v abandoned requests, want 1", got)
	}
	wasted := samples.Sum("lab_wasted_cpu_seconds_total", route)
	spent := samples.Sum("lab_work_seconds_total", testkit.Labels{"http_route": "/t/burn", "part": "cpu"})
	if wasted < 0.002 || wasted != spent {
		t.Errorf("wasted %v s of %v s spent, want all of at least 2 ms", wasted, spent)
	}
	if got := samples.Count("http_server_request_duration_seconds", testkit.Labels{"http_response_status_code": "499"}); got != 1 {
		t.Errorf("%d requests with status 499", got)
	}
	if record := s.access()[0]; record["status"] != 499.0 || record["level"] != "info" || record["error"] != nil {
		t.Errorf("record %v", record)
	}
}

// A body that is too large is refused before it has been sent.
func TestLargeBodyOverTheNetwork(t *testing.T) {
	s := newSurface(t, defaults(), telemetry.Config{})
	server := httptest.NewServer(s.handler)
	defer server.Close()
	response, err := http.Post(server.URL+"/t/probe", "application/json", strings.NewReader(strings.Repeat(" ", 10<<20)))
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusRequestEntityTooLarge {
		t.Errorf("status %s", response.Status)
	}
}
