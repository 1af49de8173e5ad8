package web_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"runtime/pprof"
	"runtime/trace"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/zap"

	"loadlab/internal/telemetry"
	"loadlab/internal/testkit"
)

func TestAdminRoutes(t *testing.T) {
	s := newSurface(t, defaults(), telemetry.Config{})
	for _, row := range []struct {
		name, method, target string
		status               int
		contentType, body    string
	}{
		{"liveness", "GET", "/livez", 200, "application/json", `{"status":"live"}`},
		{"readiness", "GET", "/readyz", 200, "application/json", `{"status":"ready"}`},
		{"metrics", "GET", "/metrics", 200, "text/plain", "# HELP go_gc_"},
		{"faults", "GET", "/fault", 200, "application/json", `{"faults":[],"kinds":["cpu","drop","errors","latency","not_ready","reset","slow_body","stall","truncate"],"routes":["/","/t/probe","/t/wait"]}`},
		{"level", "GET", "/loglevel", 200, "application/json", `{"level":"info"}`},
		{"profiles", "GET", "/debug/pprof/", 200, "text/html", "goroutine"},
		{"one profile", "GET", "/debug/pprof/goroutine?debug=1", 200, "text/plain", "goroutine profile"},
		{"a profile of an hour", "GET", "/debug/pprof/profile?seconds=3600", 400, "application/problem+json", "0 to 120"},
		{"a trace of no duration", "GET", "/debug/pprof/trace?seconds=http://x", 400, "application/problem+json", "0 to 120"},
		{"a difference of an hour", "GET", "/debug/pprof/heap?seconds=3600", 400, "application/problem+json", "0 to 120"},
		{"a trace of an hour", "GET", "/debug/pprof/trace?seconds=3600", 400, "application/problem+json", "0 to 120"},
		{"a profile of a negative duration", "GET", "/debug/pprof/profile?seconds=-1", 400, "application/problem+json", "0 to 120"},
		{"HEAD of a profile of an hour", "HEAD", "/debug/pprof/profile?seconds=3600", 400, "application/problem+json", ""},
		{"HEAD of a trace of an hour", "HEAD", "/debug/pprof/trace?seconds=3600", 400, "application/problem+json", ""},
		{"the command line", "GET", "/debug/pprof/cmdline", 200, "text/plain", os.Args[0]},
		{"symbols", "GET", "/debug/pprof/symbol", 200, "text/plain", "num_symbols"},
		{"no such route", "GET", "/t/wait", 404, "application/problem+json", `"status":404`},
		{"no such method", "DELETE", "/livez", 405, "application/problem+json", `"status":405`},
	} {
		t.Run(row.name, func(t *testing.T) {
			reply := s.control(row.method, row.target, "")
			if reply.Code != row.status || !strings.HasPrefix(reply.Header().Get("Content-Type"), row.contentType) {
				t.Errorf("status %d, type %q", reply.Code, reply.Header().Get("Content-Type"))
			}
			if !strings.Contains(reply.Body.String(), row.body) {
				t.Errorf("body %.200q has no %q", reply.Body, row.body)
			}
		})
	}
	if reply := s.get("/metrics"); reply.Code != http.StatusNotFound {
		t.Errorf("the traffic surface answers /metrics with %d", reply.Code)
	}
}

// A HEAD of a profile or of a trace records nothing: net/http/pprof refuses to
// record while another recording runs, and HEAD succeeds.
func TestHeadRecordsNothing(t *testing.T) {
	if err := pprof.StartCPUProfile(io.Discard); err != nil {
		t.Skipf("the test itself is profiled: %v", err)
	}
	defer pprof.StopCPUProfile()
	if err := trace.Start(io.Discard); err != nil {
		t.Skipf("the test itself is traced: %v", err)
	}
	defer trace.Stop()
	s := newSurface(t, defaults(), telemetry.Config{})
	for _, target := range []string{"/debug/pprof/profile?seconds=1", "/debug/pprof/trace?seconds=1"} {
		if reply := s.control(http.MethodGet, target, ""); reply.Code != http.StatusInternalServerError {
			t.Errorf("GET %s next to another recording: %d, want 500", target, reply.Code)
		}
		if reply := s.control(http.MethodHead, target, ""); reply.Code != http.StatusOK {
			t.Errorf("HEAD %s: %d %s, want 200: it records", target, reply.Code, reply.Body)
		}
	}
}

// Metrics that dashboards rely on are there before the first request.
func TestMetricsOfAFreshService(t *testing.T) {
	s := newSurface(t, defaults(), exporting(testkit.NewCollector(t).URL, ""))
	server := httptest.NewServer(s.admin)
	defer server.Close()
	samples := testkit.Metrics(t, server.URL+"/metrics")
	for _, name := range []string{
		"go_sched_latencies_seconds", "go_sched_gomaxprocs_threads", "go_gc_duration_seconds", "process_cpu_seconds_total",
		"process_resident_memory_bytes", "lab_work_seconds_total", "http_server_active_requests", "lab_abandoned_requests_total",
		"lab_wasted_cpu_seconds_total", "lab_build_info", "lab_fault_active", "lab_spans_total", "lab_spans_queued",
	} {
		if samples[name] == nil {
			t.Errorf("no metric %s", name)
		}
	}
}

func TestLevelIsChangedAtRunTime(t *testing.T) {
	s := newSurface(t, defaults(), telemetry.Config{LogLevel: "warn"})
	s.get("/t/wait?ms=0")
	if reply := s.control(http.MethodPut, "/loglevel", `{"level":"debug"}`); reply.Code != http.StatusOK {
		t.Fatalf("status %d: %s", reply.Code, reply.Body)
	}
	if !s.Telemetry().Log.Core().Enabled(zap.DebugLevel) {
		t.Error("debug is not logged")
	}
	s.get("/t/wait?ms=1")
	if reply := s.control(http.MethodPut, "/loglevel", `{"level":"loud"}`); reply.Code != http.StatusBadRequest {
		t.Errorf("a level that does not exist: %d", reply.Code)
	}
	if records := s.access(); len(records) != 1 {
		t.Errorf("%d access records, want the second request's alone", len(records))
	}
}

func TestReadinessTellsTheTruth(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSurface(t, defaults(), telemetry.Config{})
		var down error
		hang := false
		admin := s.Admin(func(ctx context.Context) error {
			if hang {
				<-ctx.Done()
				return ctx.Err()
			}
			return down
		})
		check := func(want int, detail string) {
			t.Helper()
			recorder := httptest.NewRecorder()
			began := time.Now()
			admin.ServeHTTP(recorder, httptest.NewRequest(http.MethodGet, "/readyz", http.NoBody))
			if recorder.Code != want || !strings.Contains(recorder.Body.String(), detail) || time.Since(began) > 2*time.Second {
				t.Errorf("status %d after %v: %s", recorder.Code, time.Since(began), recorder.Body)
			}
		}
		check(200, "ready")
		down = errors.New("database: connection refused")
		check(503, "database: connection refused")
		hang = true
		check(503, "deadline exceeded")
		hang, down = false, nil
		check(200, "ready")
		s.Close()
		check(503, "shutting down")
		if reply := s.control(http.MethodGet, "/livez", ""); reply.Code != http.StatusOK {
			t.Errorf("liveness while shutting down: %d", reply.Code)
		}
		if got := s.get("/t/wait?ms=0").Header().Get("Connection"); got != "close" {
			t.Errorf("Connection %q while shutting down, want close", got)
		}
	})
}
