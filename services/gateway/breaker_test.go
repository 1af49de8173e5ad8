package gateway_test

import (
	"net/http"
	"sync/atomic"
	"testing"
	"time"

	"loadlab/internal/testkit"
)

func (d *door) state(upstream string) string {
	d.t.Helper()
	for _, state := range []string{"closed", "half-open", "open"} {
		if d.metric("lab_breaker_state", testkit.Labels{"upstream": upstream, "state": state}) == 1 {
			return state
		}
	}
	return "none"
}

func TestBreakerOpensAndCloses(t *testing.T) {
	var ill atomic.Bool
	base, requests := behind(t, func(w http.ResponseWriter, _ *http.Request) {
		if ill.Load() {
			w.WriteHeader(http.StatusInternalServerError)
		}
	})
	const pause = 150 * time.Millisecond
	d := open(t, base, "RETRY_MAX=0", "BREAKER_MIN_REQUESTS=10", "BREAKER_FAILURE_RATIO=0.5", "BREAKER_PROBES=2", "BREAKER_OPEN="+pause.String())
	ill.Store(true)
	for range 10 {
		if a := d.get("/io/wait"); a.status != http.StatusInternalServerError {
			t.Fatalf("answered %d before the breaker could open", a.status)
		}
	}
	opened := time.Now()
	a := d.get("/io/wait")
	if time.Since(opened) < pause {
		if a.status != http.StatusServiceUnavailable || a.header.Get("Retry-After") != "1" || requests.Load() != 10 {
			t.Errorf("answered %d with Retry-After %q after %d requests", a.status, a.header.Get("Retry-After"), requests.Load())
		}
		if shed := d.metric("lab_shed_requests_total", testkit.Labels{"http_route": "/io/wait", "reason": "breaker"}); shed != 1 {
			t.Errorf("%v requests shed by the breaker, want 1", shed)
		}
		if got := d.state("iobound"); got != "open" {
			t.Errorf("the breaker is %s, want open", got)
		}
	}
	if got := d.state("cpubound"); got != "closed" {
		t.Errorf("another service's breaker is %s", got)
	}
	ill.Store(false)
	for deadline := time.Now().Add(10 * time.Second); d.state("iobound") != "half-open"; time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("the breaker does not half-open")
		}
	}
	for range 2 {
		if a := d.get("/io/wait"); a.status != http.StatusOK {
			t.Errorf("a probe was answered %d", a.status)
		}
	}
	if got := d.state("iobound"); got != "closed" {
		t.Errorf("after good probes the breaker is %s", got)
	}
}

func TestABadProbeOpensTheBreakerAgain(t *testing.T) {
	base, _ := behind(t, status(http.StatusInternalServerError))
	d := open(t, base, "BREAKER_MIN_REQUESTS=1", "BREAKER_OPEN=100ms")
	d.get("/io/wait")
	for deadline := time.Now().Add(10 * time.Second); d.state("iobound") != "half-open"; time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("the breaker does not half-open")
		}
	}
	probed := time.Now()
	d.get("/io/wait")
	if got := d.state("iobound"); got != "open" && time.Since(probed) < 100*time.Millisecond {
		t.Errorf("after a bad probe the breaker is %s", got)
	}
}

func TestWhatTheBreakerJudges(t *testing.T) {
	for _, row := range []struct {
		name    string
		handler http.HandlerFunc
		headers []string
		want    string
	}{
		{"an error", status(500), nil, "open"},
		{"a bad gateway", status(502), nil, "open"},
		{"a spent budget", status(504), nil, "open"},
		{"no reply", hangUp, nil, "open"},
		{"no reply in time", stall, nil, "open"},
		{"no reply in the time that the client gave", stall, []string{"X-Request-Timeout-Ms", "10"}, "closed"},
		{"a budget spent that the client gave", status(504), []string{"X-Request-Timeout-Ms", "10000"}, "closed"},
		{"a refusal to protect the service", status(503, "Retry-After", "1"), nil, "closed"},
		{"a full disk", status(507), nil, "closed"},
		{"a bad request", status(400), nil, "closed"},
	} {
		t.Run(row.name, func(t *testing.T) {
			base, _ := behind(t, row.handler)
			d := open(t, base, "BREAKER_MIN_REQUESTS=2", "BREAKER_OPEN=1m", "RETRY_MAX=0", "IO_TIMEOUT=40ms")
			d.get("/io/wait", row.headers...)
			d.get("/io/wait", row.headers...)
			if got := d.state("iobound"); got != row.want {
				t.Errorf("the breaker is %s, want %s", got, row.want)
			}
		})
	}
}

func TestADeadServiceIsAnsweredForAtOnce(t *testing.T) {
	for _, row := range []struct {
		name, enabled string
		last          int
	}{{"with a breaker", "true", 503}, {"without", "false", 502}} {
		t.Run(row.name, func(t *testing.T) {
			d := open(t, dead(t), "CONNECT_WAIT=0s", "BREAKER_ENABLED="+row.enabled, "BREAKER_OPEN=1m")
			began := time.Now()
			first, last := d.get("/items"), answer{}
			for range 40 {
				last = d.get("/items")
			}
			if first.status != http.StatusBadGateway || last.status != row.last || time.Since(began) > 5*time.Second {
				t.Errorf("answered %d, and %d after %v", first.status, last.status, time.Since(began))
			}
			first.problem(t)
			if last.problem(t).TraceID == "" {
				t.Error("the problem names no trace")
			}
		})
	}
}
