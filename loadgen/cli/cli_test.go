package cli_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"loadlab/internal/testkit"
	"loadlab/loadgen/cli"
	"loadlab/loadgen/report"
)

// command runs the load generator with the variables, a list of NAME=value.
func command(ctx context.Context, args []string, variables ...string) (code int, stdout, stderr string) {
	var out, err testkit.Output
	code = cli.Command{Args: args, Stdout: &out, Stderr: &err, Getenv: func(name string) string {
		for _, pair := range variables {
			if value, ok := strings.CutPrefix(pair, name+"="); ok {
				return value
			}
		}
		return ""
	}}.Run(ctx)
	return code, out.String(), err.String()
}

func serve(t *testing.T) string {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/missing" {
			w.WriteHeader(http.StatusNotFound)
		}
	}))
	t.Cleanup(server.Close)
	return server.URL
}

func TestEveryProblemIsReportedAtOnce(t *testing.T) {
	code, _, stderr := command(t.Context(), []string{"--speed=1", "--rate", "-1"},
		"LOADGEN_CLIENT=curl", "LOADGEN_TIMEOUT=soon", "LOADGEN_ADMIN_ADDR=here")
	if code != 2 {
		t.Errorf("exit code %d, want 2", code)
	}
	for _, want := range []string{"--speed: no such flag", `--rate="-1": too small`, `LOADGEN_CLIENT="curl"`, `LOADGEN_TIMEOUT="soon"`} {
		if !strings.Contains(stderr, want) {
			t.Errorf("%q is not reported:\n%s", want, stderr)
		}
	}
	_, _, stderr = command(t.Context(), nil, "LOADGEN_LOOP=closed", "LOADGEN_STAGES=1s:5", "LOADGEN_HEADERS=Connection: close")
	for _, want := range []string{"LOADGEN_LOOP=", "LOADGEN_STAGES=", "LOADGEN_HEADERS="} {
		if strings.Count(stderr, want) != 1 {
			t.Errorf("%q is not reported once with the tour:\n%s", want, stderr)
		}
	}
	_, _, stderr = command(t.Context(), nil, "LOADGEN_TARGETS=GET nowhere", "LOADGEN_STAGES=x", "LOADGEN_THRESHOLDS=y", "LOADGEN_REPORT_DIR=/nonexistent")
	for _, want := range []string{"LOADGEN_TARGETS", "LOADGEN_STAGES", "LOADGEN_THRESHOLDS", "LOADGEN_REPORT_DIR"} {
		if !strings.Contains(stderr, want) {
			t.Errorf("%q is not reported:\n%s", want, stderr)
		}
	}
}

func TestStrangersAreRefused(t *testing.T) {
	code, _, stderr := command(t.Context(), nil, "LOADGEN_BASE_URL=http://example.com")
	if code != 2 || !strings.Contains(stderr, `LOADGEN_BASE_URL: target host "example.com" is neither loopback`) {
		t.Errorf("exit code %d, %s", code, stderr)
	}
}

func TestATakenPortNamesItsVariable(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	code, _, stderr := command(t.Context(), nil, "LOADGEN_ADMIN_ADDR="+taken.Addr().String())
	if code != 2 || !strings.Contains(stderr, "LOADGEN_ADMIN_ADDR") {
		t.Errorf("exit code %d, %s", code, stderr)
	}
}

func TestFlagOutranksEnvironmentOutranksFile(t *testing.T) {
	file := filepath.Join(t.TempDir(), "s.yaml")
	text := fmt.Sprintf("name: mine\ndefaults: {rate: 10, duration: 300ms, admin-addr: \"off\"}\nphases:\n  - {name: a, rate: 20, targets: [{url: %q}]}\n  - {name: b, targets: [{url: %q}]}\n", serve(t)+"/a", serve(t)+"/b")
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, row := range []struct {
		name      string
		args      []string
		variable  string
		scheduled string
	}{
		{"file: 20/s and 10/s for 0.3 s", nil, "", "9 scheduled"},
		{"environment: 30/s", nil, "LOADGEN_RATE=30", "18 scheduled"},
		{"flag: 40/s", []string{"--rate=40"}, "LOADGEN_RATE=30", "24 scheduled"},
	} {
		t.Run(row.name, func(t *testing.T) {
			_, stdout, stderr := command(t.Context(), row.args, "LOADGEN_SCENARIO="+file, row.variable)
			if !strings.Contains(stdout, row.scheduled) || !strings.Contains(stdout, "scenario mine") {
				t.Errorf("want %s in\n%s%s", row.scheduled, stdout, stderr)
			}
		})
	}
}

func TestExitCodes(t *testing.T) {
	url := serve(t)
	for _, row := range []struct {
		name       string
		thresholds string
		path       string
		codes      string
	}{
		{"holds", "error_rate<1%", "/", "0 4"}, // invalid on a machine that is busy
		{"fails", "error_rate<1%", "/missing", "3"},
		{"never", "rate>1e6", "/", "3"},
		{"nothing succeeds", "", "/missing", "3 4"},
	} {
		t.Run(row.name, func(t *testing.T) {
			code, stdout, stderr := command(t.Context(), []string{"--duration=200ms", "--thresholds", row.thresholds}, "LOADGEN_TARGETS=GET "+url+row.path, "LOADGEN_ADMIN_ADDR=off")
			if !strings.Contains(row.codes, fmt.Sprint(code)) {
				t.Errorf("exit code %d, want %s\n%s%s", code, row.codes, stdout, stderr)
			}
		})
	}
}

// closedPort is an address on which nothing listens.
func closedPort(t *testing.T) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	return "http://" + listener.Addr().String()
}

func TestARunInWhichNothingSucceedsNeverPasses(t *testing.T) {
	slow := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }))
	t.Cleanup(slow.Close)
	closed, missing := closedPort(t), serve(t)+"/missing"
	for _, row := range []struct {
		name    string
		args    []string
		code    int
		message string // on the standard error
		summary string
	}{
		{"a batch to a closed port", []string{"--loop=batch", "--count=5", "--targets=GET " + closed}, 3, "no request succeeded: of 5, 5 connect_error: connection refused", "connect_error  5      connection refused"},
		{"a batch that is too slow", []string{"--loop=batch", "--count=3", "--timeout=100ms", "--targets=GET " + slow.URL}, 3, "no request succeeded: of 3, 3 timeout", ""},
		{"a batch that waits for its connection", []string{"--loop=batch", "--count=2", "--max-connections=1", "--timeout=100ms", "--targets=GET " + slow.URL}, 3,
			"no request succeeded: of 2, 1 timeout, 1 dropped (deadline)", ""},
		{"a batch of errors", []string{"--loop=batch", "--count=4", "--targets=GET " + missing}, 3, "no request succeeded: of 4, 4 http_error", ""},
		{"a threshold over failures", []string{"--loop=closed", "--duration=200ms", "--thresholds=p99<500ms", "--targets=GET " + closed}, 3,
			"connect_error", "threshold  p99<500ms: FAILED (no request succeeded)"},
		{"nothing is due after the warm-up", []string{"--duration=200ms", "--rate=20", "--warmup=190ms", "--targets=GET " + missing}, 4, "no request succeeded: none was due after the warm-up", ""},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			code, stdout, stderr := command(t.Context(), append(row.args, "--admin-addr=off"))
			if code != row.code || !strings.Contains(stderr, row.message) || !strings.Contains(stdout, row.summary) {
				t.Errorf("exit code %d, want %d with %q and %q:\n%s%s", code, row.code, row.message, row.summary, stdout, stderr)
			}
		})
	}
}

// More than one failure in a hundred fails a run, unless its user allows them.
func TestFailuresFailTheRun(t *testing.T) {
	urls := "LOADGEN_URLS=" + serve(t) + "/missing," + serve(t)
	for _, row := range []struct{ thresholds, codes, summary string }{
		{"", "3", "threshold  error_rate<=1%: FAILED (0.5)"},
		{"p99<1m", "3", "threshold  error_rate<=1%: FAILED (0.5)"},
		{"error_rate<=50%", "0 4", "threshold  error_rate<=50%: holds (0.5)"}, // 4 on a machine that is busy
		{"error_rate<50%", "3", "threshold  error_rate<50%: FAILED (0.5)"},
	} {
		code, stdout, stderr := command(t.Context(), []string{"--loop=batch"}, urls, "LOADGEN_ADMIN_ADDR=off", "LOADGEN_THRESHOLDS="+row.thresholds)
		if !strings.Contains(row.codes, fmt.Sprint(code)) || !strings.Contains(stdout, row.summary) || strings.Contains(stderr, "no request succeeded") {
			t.Errorf("%q: exit code %d, want %s with %q:\n%s%s", row.thresholds, code, row.codes, row.summary, stdout, stderr)
		}
	}
}

func TestScenariosByName(t *testing.T) {
	for _, name := range []string{"tour", "steady"} {
		ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
		defer cancel()
		_, stdout, stderr := command(ctx, []string{"--scenario", name, "--warmup=1m", "--duration=2m"}, "LOADGEN_BASE_URL="+serve(t), "LOADGEN_ADMIN_ADDR=off")
		if !strings.Contains(stdout, "scenario "+name+",") || !strings.Contains(stdout, "p50<250ms") {
			t.Errorf("%s:\n%s%s", name, stdout, stderr)
		}
	}
	code, _, stderr := command(t.Context(), []string{"--scenario=climb"})
	if code != 2 || !strings.Contains(stderr, "neither tour, nor steady, nor a file") {
		t.Errorf("exit code %d: %s", code, stderr)
	}
}

func TestBatchPrintsEachReply(t *testing.T) {
	_, stdout, stderr := command(t.Context(), []string{"--loop=batch", "--count=2", "--methods=GET,POST"}, "LOADGEN_URLS="+serve(t)+"/missing,"+serve(t), "LOADGEN_ADMIN_ADDR=off")
	for text, want := range map[string]int{"404 GET": 2, "404 POST": 2, "200 GET": 2, "200 POST": 2, "8 scheduled": 1} {
		if got := strings.Count(stdout, text); got != want {
			t.Errorf("%q is there %d times, want %d:\n%s%s", text, got, want, stdout, stderr)
		}
	}
}

func TestReportsAreWrittenAndMerged(t *testing.T) {
	dir := t.TempDir()
	var runs sync.WaitGroup
	for range 2 {
		runs.Go(func() {
			command(t.Context(), []string{"--duration=200ms", "--report-dir", dir}, "LOADGEN_TARGETS=GET "+serve(t), "LOADGEN_ADMIN_ADDR=off")
		})
		time.Sleep(20 * time.Millisecond) // their reports are named by the time
	}
	runs.Wait()
	files, _ := filepath.Glob(filepath.Join(dir, "*.json"))
	if len(files) != 2 {
		t.Fatalf("files %v, want two reports", files)
	}
	var r report.Report
	data, err := os.ReadFile(files[0])
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(data, &r); err != nil || r.Scheduled != 8 || r.Response.Count() != r.Completed {
		t.Errorf("%v, scheduled %d, want 8", err, r.Scheduled)
	}
	if _, stdout, stderr := command(t.Context(), append([]string{"report"}, files...)); !strings.Contains(stdout, "16 scheduled") {
		t.Errorf("merged:\n%s%s", stdout, stderr)
	}
	if code, stdout, _ := command(t.Context(), []string{"report", "--compare", files[0], files[1]}); code != 0 || !strings.Contains(stdout, "response p99") {
		t.Errorf("compared, code %d:\n%s", code, stdout)
	}
	if code, _, stderr := command(t.Context(), []string{"report", "nosuch.json"}); code != 1 || !strings.Contains(stderr, "nosuch.json") {
		t.Errorf("exit code %d, %s", code, stderr)
	}
}

// What the users of the parts allow, the whole allows too.
func TestMergedRunsAreJudgedByTheirThresholdsOnErrors(t *testing.T) {
	urls := "LOADGEN_URLS=" + serve(t) + "/missing," + serve(t)
	for _, row := range []struct{ thresholds, codes, summary string }{
		{"error_rate<=60%,rate>1e6", "0 4", "threshold  error_rate<=60%: holds"}, // 4 on a machine that is busy
		{"", "3", "threshold  error_rate<=1%: FAILED"},
	} {
		dir := t.TempDir()
		var runs sync.WaitGroup
		for _, name := range []string{"a.json", "b.json"} {
			runs.Go(func() {
				command(t.Context(), []string{"--duration=500ms", "--report", filepath.Join(dir, name)}, urls, "LOADGEN_ADMIN_ADDR=off", "LOADGEN_THRESHOLDS="+row.thresholds)
			})
			time.Sleep(20 * time.Millisecond) // they are named by the time
		}
		runs.Wait()
		code, stdout, stderr := command(t.Context(), []string{"report", filepath.Join(dir, "a.json"), filepath.Join(dir, "b.json")})
		if !strings.Contains(row.codes, fmt.Sprint(code)) || !strings.Contains(stdout, row.summary) {
			t.Errorf("%q: exit code %d, want %s with %q:\n%s%s", row.thresholds, code, row.codes, row.summary, stdout, stderr)
		}
	}
}

func TestSampledRequestsHaveSpans(t *testing.T) {
	collector := testkit.NewCollector(t)
	parents := make(chan string, 100)
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { parents <- r.Header.Get("Traceparent") }))
	defer server.Close()
	command(t.Context(), []string{"--duration=200ms", "--trace-ratio=1"}, "LOADGEN_TARGETS=GET "+server.URL, "LOADGEN_ADMIN_ADDR=off", "OTEL_EXPORTER_OTLP_ENDPOINT="+collector.URL)
	spans := collector.Spans(testkit.Of("loadgen"))
	if len(spans) != 8 || len(parents) != 8 {
		t.Fatalf("%d spans of %d requests, want 8", len(spans), len(parents))
	}
	known := map[string]bool{}
	for _, s := range spans {
		known["00-"+s.TraceID+"-"+s.ID+"-01"] = true
		if s.End.Sub(s.Start) <= 0 || s.End.Sub(s.Start) > time.Second || s.Attrs["http.response.status_code"] != "200" {
			t.Errorf("span %+v", s)
		}
	}
	for range 8 {
		if parent := <-parents; !known[parent] {
			t.Errorf("no span is the parent %s", parent)
		}
	}
}

func TestNothingIsSampledWithoutACollector(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		if !strings.HasSuffix(r.Header.Get("Traceparent"), "-00") {
			t.Errorf("traceparent %s is sampled", r.Header.Get("Traceparent"))
		}
	}))
	defer server.Close()
	command(t.Context(), []string{"--duration=200ms", "--trace-ratio=1"}, "LOADGEN_TARGETS=GET "+server.URL, "LOADGEN_ADMIN_ADDR=off")
}

func TestHelpNamesEveryVariable(t *testing.T) {
	code, stdout, _ := command(t.Context(), []string{"--help", "all"})
	for _, name := range strings.Fields("TARGETS LOOP RATE ARRIVALS CONCURRENCY COUNT URLS METHODS STAGES DURATION WARMUP TIMEOUT MAX_CONNECTIONS " +
		"KEEPALIVE TRACE_RATIO THRESHOLDS SEED ALLOWED_HOSTS CLIENT SCENARIO REPORT_DIR ADMIN_ADDR BASE_URL") {
		if code != 0 || !strings.Contains(strings.ReplaceAll(stdout, "\n          ", " "), "[LOADGEN_"+name+"]") {
			t.Errorf("LOADGEN_%s is not in the help", name)
		}
	}
}

func TestTheTourTakesHeadersAndHasThresholds(t *testing.T) {
	asked := make(chan string, 100)
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		select {
		case asked <- r.Header.Get("X-Class"):
		default:
		}
	}))
	defer server.Close()
	ctx, cancel := context.WithTimeout(t.Context(), time.Second)
	defer cancel()
	_, stdout, stderr := command(ctx, nil, "LOADGEN_BASE_URL="+server.URL, "LOADGEN_HEADERS=X-Class: 7", "LOADGEN_ADMIN_ADDR=off")
	if got := <-asked; got != "7" {
		t.Errorf("the server was sent %q, want 7", got)
	}
	for _, want := range []string{"threshold  error_rate<1%: holds", "threshold  p50<250ms: holds"} {
		if !strings.Contains(stdout, want) {
			t.Errorf("%q is missing:\n%s%s", want, stdout, stderr)
		}
	}
}

func TestTheRunStartsWhenEveryURLIsReady(t *testing.T) {
	var asked, early atomic.Int32
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case r.URL.Path == "/readyz" && asked.Add(1) < 3:
			w.WriteHeader(http.StatusServiceUnavailable)
		case r.URL.Path == "/" && asked.Load() < 3:
			early.Add(1)
		}
	}))
	defer server.Close()
	_, stdout, stderr := command(t.Context(), []string{"--duration=200ms"},
		"LOADGEN_TARGETS=GET "+server.URL, "LOADGEN_READY_URLS="+server.URL+"/readyz", "LOADGEN_ADMIN_ADDR=off")
	if asked.Load() < 3 || early.Load() > 0 || !strings.Contains(stdout, "8 scheduled") {
		t.Errorf("asked %d times, %d requests before it was ready\n%s%s", asked.Load(), early.Load(), stdout, stderr)
	}
}

func TestASignalEndsTheWaitForReadiness(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
	defer cancel()
	began := time.Now()
	command(ctx, nil, "LOADGEN_TARGETS=GET "+serve(t), "LOADGEN_READY_URLS="+serve(t)+"/missing", "LOADGEN_ADMIN_ADDR=off")
	if took := time.Since(began); took > 10*time.Second {
		t.Errorf("the run ended %s after its start, not after the signal", took)
	}
}
