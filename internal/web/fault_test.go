package web_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/client_golang/prometheus/testutil"

	"loadlab/internal/telemetry"
	"loadlab/internal/testkit"
	"loadlab/internal/web"
	"loadlab/internal/web/fault"
)

// onFakeClock runs fn with a surface whose clock advances when all sleep.
func onFakeClock(t *testing.T, fn func(t *testing.T, s *surface)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) { fn(t, newSurface(t, defaults(), telemetry.Config{})) })
}

func (s *surface) setFault(t *testing.T, query string) {
	t.Helper()
	if reply := s.control(http.MethodPut, "/fault?"+query, ""); reply.Code != http.StatusOK {
		t.Fatalf("set fault %s: %d %s", query, reply.Code, reply.Body)
	}
}

// timed sends one request without work and returns its status and duration.
func (s *surface) timed() (int, time.Duration) {
	began := time.Now()
	reply := s.get("/t/wait?ms=0")
	return reply.Code, time.Since(began)
}

func TestFaultKinds(t *testing.T) {
	for _, row := range []struct {
		name, query string
		status      int
		took        time.Duration
		ready       int
	}{
		{"latency", "kind=latency&value=250&duration=10s", 200, 250 * time.Millisecond, 200},
		{"errors", "kind=errors&value=1&duration=10s", 500, 0, 200},
		{"no errors", "kind=errors&value=0&duration=10s", 200, 0, 200},
		{"stall", "kind=stall&duration=10s", 200, 10 * time.Second, 200},
		{"not ready", "kind=not_ready&duration=10s", 200, 0, 503},
		{"latency of a share of none", "kind=latency&value=250&share=0&duration=10s", 200, 0, 200},
		{"uniform", "kind=latency&distribution=uniform&min=250&max=250&duration=10s", 200, 250 * time.Millisecond, 200},
		{"normal", "kind=latency&distribution=normal&value=250&deviation=0&duration=10s", 200, 250 * time.Millisecond, 200},
		{"exponential within bounds", "kind=latency&distribution=exponential&value=100&min=250&max=250&duration=10s", 200, 250 * time.Millisecond, 200},
		{"pareto within bounds", "kind=latency&distribution=pareto&value=250&shape=1&max=250&duration=10s", 200, 250 * time.Millisecond, 200},
		{"statuses", "kind=errors&value=1&statuses=429&duration=10s", 429, 0, 200},
		{"its own route", "kind=errors&value=1&route=/t/wait&duration=10s", 500, 0, 200},
		{"another route", "kind=errors&value=1&route=/t/probe&duration=10s", 200, 0, 200},
	} {
		t.Run(row.name, func(t *testing.T) {
			onFakeClock(t, func(t *testing.T, s *surface) {
				s.setFault(t, row.query)
				// Probes, metrics and the switches are on the admin surface, exempt.
				for target, want := range map[string]int{"/readyz": row.ready, "/livez": 200, "/metrics": 200, "/fault": 200} {
					began := time.Now()
					if reply := s.control(http.MethodGet, target, ""); reply.Code != want || time.Since(began) != 0 {
						t.Errorf("GET %s: %d after %v, want %d at once", target, reply.Code, time.Since(began), want)
					}
				}
				if status, took := s.timed(); status != row.status || took != row.took {
					t.Errorf("status %d after %v, want %d after %v", status, took, row.status, row.took)
				}
				time.Sleep(10 * time.Second) // the duration of the fault
				if status, took := s.timed(); status != http.StatusOK || took != 0 {
					t.Errorf("after its end: status %d after %v", status, took)
				}
				if reply := s.control(http.MethodGet, "/readyz", ""); reply.Code != http.StatusOK {
					t.Errorf("not ready after its end: %d", reply.Code)
				}
			})
		})
	}
}

func TestFaultIsMetricAndLogLine(t *testing.T) {
	onFakeClock(t, func(t *testing.T, s *surface) {
		active := func() float64 {
			return testkit.Gather(t, s.Telemetry().Registry).Sum("lab_fault_active", testkit.Labels{"kind": "latency"})
		}
		s.setFault(t, "kind=latency&value=5&duration=1m")
		if active() != 1 {
			t.Error("the metric does not show the fault")
		}
		if got, err := testutil.GatherAndCount(s.Telemetry().Registry, "lab_fault_active"); err != nil || got != 9 {
			t.Errorf("%d series of lab_fault_active, want one a kind: %v", got, err)
		}
		time.Sleep(time.Minute)
		synctest.Wait()
		if active() != 0 {
			t.Error("the metric shows a fault that has ended")
		}
		s.flush()
		log := testkit.ParseLog(t, s.logs.String())
		set, ended := testkit.Messages(log, "fault set"), testkit.Messages(log, "fault ended")
		if len(set) != 1 || set[0]["kind"] != "latency" || set[0]["value"] != 5.0 || set[0]["duration"] != 60.0 || set[0]["level"] != "warn" {
			t.Errorf("log of the start: %v", set)
		}
		if len(ended) != 1 || ended[0]["kind"] != "latency" || ended[0]["reason"] != "its time is over" {
			t.Errorf("log of the end: %v", ended)
		}
	})
}

func TestClearingWakesStalledRequests(t *testing.T) {
	onFakeClock(t, func(t *testing.T, s *surface) {
		s.setFault(t, "kind=stall&duration=1h")
		done := make(chan time.Duration, 3)
		for range cap(done) {
			go func() {
				_, took := s.timed()
				done <- took
			}()
		}
		time.Sleep(30 * time.Second)
		if reply := s.control(http.MethodDelete, "/fault?kind=stall", ""); reply.Code != http.StatusOK {
			t.Fatalf("clear: %d %s", reply.Code, reply.Body)
		}
		for range cap(done) {
			if took := <-done; took != 30*time.Second {
				t.Errorf("a stalled request took %v, the stall 30s", took)
			}
		}
	})
}

func TestStalledRequestKeepsItsBudget(t *testing.T) {
	onFakeClock(t, func(t *testing.T, s *surface) {
		s.setFault(t, "kind=stall&duration=1h")
		r := httptest.NewRequest(http.MethodGet, "/t/wait?ms=0", http.NoBody)
		r.Header.Set(web.TimeoutHeader, "2000")
		began := time.Now()
		if reply := s.send(r); reply.Code != http.StatusGatewayTimeout || time.Since(began) != 2*time.Second {
			t.Errorf("status %d after %v", reply.Code, time.Since(began))
		}
	})
}

func TestSettingAFaultAgainReplacesIt(t *testing.T) {
	onFakeClock(t, func(t *testing.T, s *surface) {
		s.setFault(t, "kind=latency&value=100&duration=1s")
		s.setFault(t, "kind=latency&value=200&duration=1m")
		s.setFault(t, "kind=errors&value=0.5&duration=1m")
		time.Sleep(2 * time.Second) // the first one's timer must not end the second
		if _, took := s.timed(); took != 200*time.Millisecond {
			t.Errorf("took %v, want the second latency", took)
		}
		listed := decode[fault.List](t, s.control(http.MethodGet, "/fault", "").Body.Bytes())
		if len(listed.Faults) != 2 || listed.Faults[0].Value != 200 || listed.Faults[1].Value != 0.5 || len(listed.Kinds) != 9 {
			t.Errorf("listed %+v", listed)
		}
		cleared := decode[fault.List](t, s.control(http.MethodDelete, "/fault", "").Body.Bytes())
		if len(cleared.Faults) != 0 || cleared.Faults == nil {
			t.Errorf("after clearing all: %+v", cleared)
		}
	})
}

func TestFaultInput(t *testing.T) {
	s := newSurface(t, defaults(), telemetry.Config{})
	const kinds = "kind must be one of cpu, drop, errors, latency, not_ready, reset, slow_body, stall, truncate"
	for _, row := range []struct {
		name, method, query, body string
		status                    int
		detail                    string
	}{
		{"as JSON", "POST", "", `{"kind":"latency","value":5,"duration":"1s"}`, 200, ""},
		{"default duration", "PUT", "kind=stall", "", 200, ""},
		{"no kind", "PUT", "", "", 400, "kind is missing"},
		{"unknown kind", "PUT", "kind=chaos&value=1", "", 400, kinds},
		{"no value", "PUT", "kind=errors", "", 400, "value is missing"},
		{"more than all", "PUT", "kind=errors&value=1.1", "", 400, "value must be a number from 0 to 1"},
		{"too slow", "PUT", "kind=latency&value=60001", "", 400, "value must be a number from 0 to 60000"},
		{"NaN", "PUT", "kind=latency&value=NaN", "", 400, "value must be a number from 0 to 60000"},
		{"a value that means nothing", "PUT", "kind=stall&value=1", "", 400, "value is not a parameter of stall, which has duration, kind, route"},
		{"for ever", "PUT", "kind=stall&duration=61m", "", 400, "duration must be a duration from 1ms to 1h0m0s, such as 30s"},
		{"unknown parameter", "PUT", "kind=stall&for=1s", "", 400, "for is not a parameter of this route; it has duration, kind, route"},
		{"not JSON", "PUT", "", `kind=stall`, 400, "the body is not a JSON object: "},
		{"10 MiB", "PUT", "", strings.Repeat(" ", 10<<20), 413, "the body is larger than the 1024 bytes allowed"},
		{"10 MiB to clear", "DELETE", "", strings.Repeat(" ", 10<<20), 413, "the body is larger than the 1024 bytes allowed"},
		{"clear an unknown kind", "DELETE", "kind=chaos", "", 400, kinds},
	} {
		t.Run(row.name, func(t *testing.T) {
			reply := s.control(row.method, "/fault?"+row.query, row.body)
			if reply.Code != row.status {
				t.Fatalf("status %d: %s", reply.Code, reply.Body)
			}
			if row.status != http.StatusOK {
				if p := problemOf(t, reply); !strings.HasPrefix(p.Detail, row.detail) {
					t.Errorf("detail %q, want %q", p.Detail, row.detail)
				}
			}
		})
	}
}
