//go:build unix

package loadgen_test

import (
	"bufio"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"

	"loadlab/internal/testkit"
	"loadlab/loadgen/pace"
	"loadlab/loadgen/plan"
	"loadlab/loadgen/report"
)

const serverVariable = "LOADGEN_TEST_SERVER"

// TestMain serves instead of testing when a test has started this binary for that.
func TestMain(m *testing.M) {
	delay, err := time.ParseDuration(os.Getenv(serverVariable))
	if err != nil {
		os.Exit(m.Run())
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	fmt.Println(listener.Addr())
	fmt.Fprintln(os.Stderr, http.Serve(listener, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		time.Sleep(delay)
		_, _ = w.Write([]byte("hello"))
	})))
}

// serveApart starts a server in a process of its own.
func serveApart(t testing.TB, delay time.Duration) (url string, process *os.Process) {
	t.Helper()
	command := exec.Command(os.Args[0])
	command.Env = append(os.Environ(), serverVariable+"="+delay.String())
	out, err := command.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = command.Process.Kill()
		_ = command.Wait()
	})
	address, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	return "http://" + strings.TrimSpace(address), command.Process
}

// A stall of a tenth of the run holds back a tenth of the requests, of which
// only those on the eight connections were sent: one in two hundred.
func TestAStallShowsInResponseTimeAlone(t *testing.T) {
	t.Parallel()
	stalled(t, 400, 4*time.Second, 400*time.Millisecond)
}

func TestAStallOfASecondShowsInResponseTimeAlone(t *testing.T) {
	testkit.RequireQuiet(t)
	r := stalled(t, 1000, 10*time.Second, time.Second)
	if response := r.Response.Quantile(.99); response < 800*time.Millisecond || r.Service.Quantile(.99) > 20*time.Millisecond {
		t.Errorf("p99 of response %v, of service %v; want nearly all of the second in the first, none of it in the second", response, r.Service.Quantile(.99))
	}
	if r.Scheduled != 10_000 || r.Unfinished != 0 {
		t.Errorf("scheduled %d, unfinished %d; want the plan's 10000, 0", r.Scheduled, r.Unfinished)
	}
}

// stalled loads a server that stops once for the stall, over at most eight connections.
func stalled(t *testing.T, rate float64, length, stall time.Duration) *report.Report {
	t.Helper()
	url, server := serveApart(t, 0)
	time.AfterFunc(length/4, func() {
		_ = server.Signal(syscall.SIGSTOP)
		time.AfterFunc(stall, func() { _ = server.Signal(syscall.SIGCONT) })
	})
	cfg := one(plan.Phase{
		Name: "stall", Loop: plan.Open, Rate: rate, Arrivals: pace.Even, Duration: length, Targets: targets(t, "GET "+url+"/"),
	})
	cfg.MaxConnections = 8
	r := run(t, cfg)
	response, service := r.Response.Quantile(.99), r.Service.Quantile(.99)
	if response < stall/2 || service > response/2 {
		t.Errorf("p99 of response %v, of service %v; want the stall of %v in the first alone", response, service, stall)
	}
	var text strings.Builder
	r.WriteText(&text)
	if !strings.Contains(text.String(), "response") || !strings.Contains(text.String(), "service") {
		t.Errorf("the summary does not print both:\n%s", &text)
	}
	return r
}

// Two connections to a server that takes 20 ms serve at most 100 requests a second.
func TestTheServerIsTheLimit(t *testing.T) {
	t.Parallel()
	url, _ := serveApart(t, 20*time.Millisecond)
	cfg := one(plan.Phase{
		Name: "limit", Loop: plan.Open, Rate: 400, Arrivals: pace.Even, Duration: time.Second, Targets: targets(t, "GET "+url+"/"),
	})
	cfg.MaxConnections, cfg.Timeout = 2, time.Second
	r := run(t, cfg)
	if r.Scheduled != 400 {
		t.Errorf("scheduled %d, want the plan's 400", r.Scheduled)
	}
	if r.Limit == report.NoLimit || r.Limit == report.LimitGenerator && r.Validity.Valid {
		t.Errorf("limit %s, validity %+v; want the server", r.Limit, r.Validity)
	}
}

// One thread cannot send a million requests a second.
func TestTheGeneratorIsTheLimit(t *testing.T) {
	t.Parallel()
	url, _ := serveApart(t, 0)
	cfg := one(plan.Phase{
		Name: "limit", Loop: plan.Open, Rate: pace.MaxRate, Arrivals: pace.Even, Duration: 200 * time.Millisecond, Targets: targets(t, "GET "+url+"/"),
	})
	cfg.Timeout = 500 * time.Millisecond
	r := run(t, cfg)
	if r.Limit != report.LimitGenerator || r.Validity.Valid {
		t.Errorf("limit %s, validity %+v; want the generator", r.Limit, r.Validity)
	}
}

func TestServiceTimeIsTheServers(t *testing.T) {
	for _, delay := range []time.Duration{time.Millisecond, 10 * time.Millisecond, 100 * time.Millisecond} {
		t.Run(delay.String(), func(t *testing.T) {
			t.Parallel()
			url, _ := serveApart(t, delay)
			r := run(t, one(plan.Phase{
				Name: "service", Loop: plan.Open, Rate: 50, Arrivals: pace.Even, Duration: time.Second, Targets: targets(t, "GET "+url+"/"),
			}))
			// The timer of the server adds up to a millisecond; BenchmarkServiceTime says it exactly.
			if got := r.Service.Quantile(.5); got < delay || got > delay+delay/2+10*time.Millisecond {
				t.Errorf("median service time %v, want %v with a little more", got, delay)
			}
		})
	}
}
