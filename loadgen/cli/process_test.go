//go:build unix

package cli_test

import (
	"encoding/pem"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"loadlab/internal/testkit"
)

// begun waits until the server has been asked.
func begun(t *testing.T, asked <-chan struct{}) {
	t.Helper()
	select {
	case <-asked:
	case <-time.After(30 * time.Second):
		t.Fatal("no request arrives")
	}
}

func TestSignals(t *testing.T) {
	for _, row := range []struct {
		name    string
		signals int
		delay   time.Duration
		want    string // in the summary
	}{
		{"the first waits for what is in flight", 1, 700 * time.Millisecond, "+ 0 unfinished"},
		{"the second does not", 2, time.Minute, "= 0 completed"},
	} {
		t.Run(row.name, func(t *testing.T) {
			asked := make(chan struct{}, 1000)
			server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
				asked <- struct{}{}
				select {
				case <-time.After(row.delay):
				case <-r.Context().Done():
				}
			}))
			defer server.Close()
			p := testkit.Launch(t, "loadgen", []string{"--duration=0s", "--rate=20", "--timeout=1m"}, "LOADGEN_TARGETS=GET "+server.URL, "LOADGEN_ADMIN_ADDR=off")
			begun(t, asked)
			p.Signal(os.Interrupt)
			if row.signals == 2 {
				time.Sleep(300 * time.Millisecond)
				p.Signal(syscall.SIGTERM)
			}
			state := p.Wait()
			if code := state.ExitCode(); code != 0 && code != 4 {
				t.Errorf("exit code %d, %s", code, p.Stderr())
			}
			out := p.Stdout()
			if !strings.Contains(out, row.want) || !strings.Contains(out, "interrupted") || !strings.HasPrefix(out, "valid") {
				t.Errorf("want %q in\n%s", row.want, out)
			}
		})
	}
}

// adminOf waits for the line with the address of the admin listener.
func adminOf(t *testing.T, p *testkit.Process) string {
	t.Helper()
	for deadline := time.Now().Add(20 * time.Second); ; time.Sleep(20 * time.Millisecond) {
		if _, rest, ok := strings.Cut(p.Stderr(), "control at "); ok && strings.Contains(rest, "\n") {
			admin, _, _ := strings.Cut(rest, "\n")
			return admin
		}
		if time.Now().After(deadline) {
			t.Fatalf("no admin listener: %s", p.Stderr())
		}
	}
}

func TestMetricsAndControlOfAProcess(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	defer server.Close()
	p := testkit.Launch(t, "loadgen", []string{"--duration=0s", "--rate=50", "--thresholds=rate>1e5,error_rate<1%"}, "LOADGEN_TARGETS=GET "+server.URL+"/x", "LOADGEN_ADMIN_ADDR=127.0.0.1:0")
	admin := adminOf(t, p)
	var samples testkit.Samples
	for deadline := time.Now().Add(20 * time.Second); ; time.Sleep(50 * time.Millisecond) {
		samples = testkit.Metrics(t, admin+"/metrics")
		if samples.Sum("loadgen_requests_total", testkit.Labels{"outcome": "ok", "target": "GET /x"}) > 0 {
			break
		}
		if time.Now().After(deadline) {
			t.Fatal("no request is counted")
		}
	}
	if got := samples.Sum("loadgen_run_info", testkit.Labels{"loop": "open", "phase": "load", "scenario": "targets"}); got != 1 {
		t.Errorf("loadgen_run_info is %v, want 1", got)
	}
	for threshold, want := range map[string]float64{"rate>1e5": 0, "error_rate<1%": 1} {
		series := samples.Select("loadgen_threshold_ok", testkit.Labels{"threshold": threshold})
		if len(series) != 1 || series[0].GetGauge().GetValue() != want {
			t.Errorf("loadgen_threshold_ok of %s is %v, want %v", threshold, series, want)
		}
	}
	if got := samples.Sum("loadgen_target_rate", nil); got != 50 {
		t.Errorf("loadgen_target_rate is %v, want 50", got)
	}
	if samples.Count("loadgen_response_time_seconds", nil) == 0 || samples.Count("http_client_request_duration_seconds", nil) == 0 || samples.Count("loadgen_schedule_lag_seconds", nil) == 0 {
		t.Error("a histogram is missing")
	}
	testkit.Guarded(t, admin+"/api/v1/run", http.StatusOK)
	reply, err := http.Post(admin+"/api/v1/run/stop", "", nil)
	if err != nil {
		t.Fatal(err)
	}
	defer reply.Body.Close()
	if body, _ := io.ReadAll(reply.Body); reply.StatusCode != http.StatusOK {
		t.Errorf("status %d, %s", reply.StatusCode, body)
	}
	if p.Wait(); !strings.Contains(p.Stdout(), "interrupted") {
		t.Errorf("no summary after a stop:\n%s", p.Stdout())
	}
}

// The process has to trust the server's certificate, by the variable that any Go program reads.
func TestTLSWithHTTP2(t *testing.T) {
	var mu sync.Mutex
	protocols := map[string]int{}
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		defer mu.Unlock()
		protocols[r.Proto+" "+r.Header.Get("X-Seq")]++
		w.Header().Set("Server-Timing", "cpu;dur=0.001, wait;dur=0.002, queue;dur=0.003, total;dur=0.006")
	}))
	server.EnableHTTP2 = true
	server.StartTLS()
	defer server.Close()
	certificate := filepath.Join(t.TempDir(), "server.pem")
	if err := os.WriteFile(certificate, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw}), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, row := range []struct {
		name, trust string
		outcome     string
	}{
		{"trusted", certificate, "ok 5"},
		{"not trusted", "", "_error 5"},
	} {
		t.Run(row.name, func(t *testing.T) {
			p := testkit.Launch(t, "loadgen", []string{"--loop=batch", "--count=5"}, "LOADGEN_URLS="+server.URL, "LOADGEN_HEADERS=X-Seq: {seq}",
				"LOADGEN_ADMIN_ADDR=off", "SSL_CERT_FILE="+row.trust)
			p.Wait()
			if out := p.Stdout(); !strings.Contains(out, "5 scheduled = 5 completed") || !strings.Contains(out, row.outcome) {
				t.Errorf("want 5 completed as %q:\n%s%s", row.outcome, out, p.Stderr())
			}
		})
	}
	if len(protocols) != 5 {
		t.Errorf("the server saw %v, want HTTP/2.0 five times with a header of its own each", protocols)
	}
	for seen := range protocols {
		if !strings.HasPrefix(seen, "HTTP/2.0 ") {
			t.Errorf("a request came by %q, want HTTP/2.0", seen)
		}
	}
}

// Each wake-up of a generator that has nothing to do takes a processor from the
// services, whose machine it often shares.
func TestAGeneratorWithLittleToDoSleeps(t *testing.T) {
	const most = 500 // wake-ups a second, those of the start included
	p := testkit.Launch(t, "loadgen", []string{"--duration=5s", "--rate=1"}, "LOADGEN_TARGETS=GET "+serve(t), "LOADGEN_ADMIN_ADDR=off")
	usage, ok := p.Wait().SysUsage().(*syscall.Rusage)
	if !ok || !strings.Contains(p.Stdout(), "5 scheduled = 5 completed") {
		t.Fatalf("%T\n%s%s", usage, p.Stdout(), p.Stderr())
	}
	t.Logf("%d wake-ups in 5 s, %v of CPU time", usage.Nvcsw, time.Duration(usage.Utime.Nano()+usage.Stime.Nano()))
	if usage.Nvcsw > 5*most {
		t.Errorf("the generator woke up %d times in 5 s, want at most %d", usage.Nvcsw, 5*most)
	}
}
