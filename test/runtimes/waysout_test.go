package runtimes

import (
	"fmt"
	"net/http"
	"os"
	"runtime"
	"syscall"
	"testing"
	"time"

	"loadlab/internal/exitcode"
	"loadlab/internal/testkit"
	"loadlab/runtimes"
	"loadlab/runtimes/nethttp"
)

// executorsOf are the values of executor that a server takes, other than loop.
func executorsOf(server string) []string {
	switch server {
	case nethttp.Name:
		return nil // a goroutine for each request: there is no loop to leave
	case "node":
		return []string{"threads"}
	}
	return []string{"threads", "processes"}
}

// The ways out of the event loop that each server has.
func TestExecutors(t *testing.T) {
	eachRuntime(t, func(t *testing.T, s *subject) {
		for _, unknown := range []string{"", "fibres"} {
			if r := send(t, http.MethodGet, s.wait+"?ms=0&executor="+unknown, ""); r.status != http.StatusBadRequest {
				t.Errorf("executor %q: status %d", unknown, r.status)
			}
		}
		for _, executor := range executorsOf(s.name) {
			t.Run(executor, func(t *testing.T) {
				doesTheWork(t, s, executor)
				// More calls than the pool has workers wait for their turn.
				together(t, 10, s.wait+"?ms=5&blocking=true&executor="+executor)
				leavesTheLoopFree(t, s, executor)
			})
		}
		if len(executorsOf(s.name)) > 0 {
			doesTheWork(t, s, "loop")
			saysWhetherThreadsAreParallel(t, s)
		}
	})
}

func doesTheWork(t *testing.T, s *subject, executor string) {
	t.Helper()
	r := send(t, http.MethodGet, s.wait+"?ms=30&blocking=true&executor="+executor, "")
	if r.status != http.StatusOK || r.body.Result.Waited != 30 || !r.body.Result.Blocking {
		t.Errorf("%s: %d %+v", executor, r.status, r.body)
	}
	r = send(t, http.MethodPut, s.spin+"?ms=5&executor="+executor, "")
	state := uint64(1)
	for range r.body.Result.Steps {
		state ^= state << 13
		state ^= state >> 7
		state ^= state << 17
	}
	if r.status != http.StatusOK || r.body.Result.Steps == 0 || r.body.Result.State != state {
		t.Errorf("%s: %d %+v, want the state %d", executor, r.status, r.body, state)
	}
}

// While an executor computes, the loop answers other requests: it could not say
// that a computation is in progress.
func leavesTheLoopFree(t *testing.T, s *subject, executor string) {
	t.Helper()
	ended := make(chan int, 1)
	go func() {
		r, _ := try(t, http.MethodGet, s.spin+"?ms=500&executor="+executor, "") // its status is checked
		ended <- r.status
	}()
	eventually(t, "the computation is in progress", func() bool {
		return len(ended) > 0 || testkit.Metrics(t, s.metrics).Sum("http_server_active_requests", testkit.Labels{"http_route": "/spin"}) == 1
	})
	if len(ended) > 0 {
		t.Errorf("%s: the computation ended before it was seen", executor)
	}
	if status := <-ended; status != http.StatusOK {
		t.Errorf("%s: status %d", executor, status)
	}
}

func saysWhetherThreadsAreParallel(t *testing.T, s *subject) {
	t.Helper()
	found := testkit.Metrics(t, s.metrics).Select("lab_parallel_threads", nil)
	if len(found) != 1 {
		t.Fatalf("%d series of lab_parallel_threads", len(found))
	}
	if parallel := found[0].GetGauge().GetValue(); s.name == "node" && parallel != 1 {
		t.Errorf("lab_parallel_threads is %v", parallel)
	}
}

// Thousands of waiting requests need as many files: a server raises its soft
// limit to the hard one, and says what it is.
func TestServersRaiseTheLimitOfFiles(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("only Linux tells a process its limit")
	}
	for _, server := range runtimes.All() {
		t.Run(server.Name, func(t *testing.T) {
			var before syscall.Rlimit
			if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &before); err != nil {
				t.Fatal(err)
			}
			lowered := syscall.Rlimit{Cur: 512, Max: before.Max}
			if err := syscall.Setrlimit(syscall.RLIMIT_NOFILE, &lowered); err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() {
				if err := syscall.Setrlimit(syscall.RLIMIT_NOFILE, &before); err != nil {
					t.Error(err)
				}
			})
			s := startRuntime(t, server)
			// Go leaves one less, to tell its own limit from another.
			if got := testkit.Metrics(t, s.metrics).Sum("process_max_fds", nil); got < float64(before.Max-1) {
				t.Errorf("process_max_fds is %v, want %d", got, before.Max)
			}
		})
	}
}

// Tornado in several processes is one server: they share the listener, the
// metrics and the end.
func TestTornadoInSeveralProcesses(t *testing.T) {
	const processes = 3
	server, _ := runtimes.Named("tornado")
	start := func(t *testing.T) (s *subject, temporary string) {
		temporary = t.TempDir()
		return startRuntime(t, server, fmt.Sprint("PROCESSES=", processes), "TMPDIR="+temporary), temporary
	}
	fresh := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}} // so that any process may accept it
	get := func(t *testing.T, url string) (status int, err error) {
		request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, http.NoBody)
		if err != nil {
			return 0, err
		}
		response, err := fresh.Do(request)
		if err != nil {
			return 0, err
		}
		return response.StatusCode, response.Body.Close()
	}

	t.Run("one blocks, another answers", func(t *testing.T) {
		s, _ := start(t)
		blocked := make(chan time.Time, 1)
		go func() {
			_, _ = get(t, s.wait+"?ms=4000&blocking=true")
			blocked <- time.Now()
		}()
		time.Sleep(500 * time.Millisecond) // the call has begun, or else the test says less
		for range 10 {
			if status, err := get(t, s.wait+"?ms=1"); err != nil || status != http.StatusOK {
				t.Errorf("status %d, %v", status, err)
			}
		}
		answered := time.Now()
		if !answered.Before(<-blocked) {
			t.Error("the other requests were not answered before the blocking call ended")
		}
	})
	t.Run("sent is counted", func(t *testing.T) {
		s, _ := start(t)
		const n = 50
		for range n {
			if status, err := get(t, s.wait+"?ms=0"); err != nil || status != http.StatusOK {
				t.Fatalf("status %d, %v", status, err)
			}
		}
		samples := testkit.Metrics(t, s.metrics)
		if got := count(samples); got["GET /wait 200"] != n {
			t.Errorf("counted %v, want %d", got, n)
		}
		if got := samples.Select("http_server_active_requests", testkit.Labels{"http_request_method": "GET", "http_route": "/wait"}); len(got) != 1 {
			t.Errorf("%d series of requests in progress, want one for all processes", len(got))
		}
		alone := testkit.Metrics(t, startRuntime(t, server).metrics).Sum("process_resident_memory_bytes", nil)
		if got := samples.Sum("process_resident_memory_bytes", nil); got < 2*alone || samples.Sum("process_cpu_seconds_total", nil) <= 0 {
			t.Errorf("the memory of all processes is %v, that of one server in one process %v", got, alone)
		}
	})
	t.Run("SIGTERM", func(t *testing.T) {
		s, temporary := start(t)
		answered := make(chan int, 1)
		go func() {
			status, _ := get(t, s.wait+"?ms=1000") // 0 if it fails
			answered <- status
		}()
		eventually(t, "the request is in progress", func() bool {
			return testkit.Metrics(t, s.metrics).Sum("http_server_active_requests", nil) == 1
		})
		if code := s.process.Stop(); code != exitcode.Pass {
			t.Errorf("exit code %d: %s", code, s.process.Stderr())
		}
		if status := <-answered; status != http.StatusOK {
			t.Errorf("status %d", status)
		}
		if _, err := get(t, s.wait); err == nil {
			t.Error("a process still answers")
		}
		if left, err := os.ReadDir(temporary); err != nil || len(left) > 0 {
			t.Errorf("left behind: %v, %v", left, err)
		}
	})
	t.Run("killed", func(t *testing.T) {
		s, _ := start(t)
		s.process.Signal(syscall.SIGKILL)
		eventually(t, "no process answers", func() bool {
			_, err := get(t, s.wait+"?ms=0")
			return err != nil
		})
	})
}
