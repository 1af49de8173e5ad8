package integration

import (
	"errors"
	"fmt"
	"os/exec"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"loadlab/internal/testkit"
	"loadlab/loadgen/report"
	"loadlab/test/observe"
)

// generate runs the generator as a process of its own and returns its report.
// meanwhile, which may be nil, is called while it runs.
func generate(t *testing.T, args []string, meanwhile func(*testkit.Process)) (*report.Report, error) {
	t.Helper()
	folder := t.TempDir()
	p := testkit.Launch(t, "loadgen", append(args, "--admin-addr", "off"), "LOADGEN_REPORT_DIR="+folder)
	if meanwhile != nil {
		meanwhile(p)
	}
	// An invalid measurement is one that the machine has spoiled; its parts still have to add up.
	if code := waitFor(t, p); code != 0 && code != 4 {
		return nil, fmt.Errorf("the generator ended with %d: %s", code, p.Stderr())
	}
	return report.ReadFolder(folder)
}

// waitFor is for runs that take longer than Process.Wait waits.
func waitFor(t *testing.T, p *testkit.Process) int {
	t.Helper()
	for deadline := time.Now().Add(2 * time.Minute); time.Now().Before(deadline); time.Sleep(50 * time.Millisecond) {
		if p.Ended() {
			break
		}
	}
	return p.Wait().ExitCode()
}

// A service with 250 computations in flight on one core answers every scrape
// and probe, serves what the core can, and calls the rest of the time queue.
func TestAFullServiceStaysObservable(t *testing.T) {
	testkit.RequireQuiet(t)
	for _, row := range []struct {
		name, target string
		length       time.Duration
		least        float64 // of the ceiling; what allocates much shares the core with the garbage collector
	}{
		{"spin", "/cpu/spin?ms=10", 30 * time.Second, 0.95},
		{"hash", "/cpu/hash?rounds=40000", 10 * time.Second, 0.9},
		{"json", "/cpu/json?records=4000", 10 * time.Second, 0.6},
		{"a named route", "/cpu/named", 10 * time.Second, 0.6},
	} {
		t.Run(row.name, func(t *testing.T) {
			holds(t, func() error {
				p := testkit.Start(t, "cpubound", "COMPUTE_SLOTS=1", "ROUTES=/cpu/named=/cpu/sort?n=60000")
				defer p.Stop()
				return stays(t, p, row.target, row.length, row.least)
			})
		})
	}
}

// settled is the time after which a closed loop of 250 has certainly filled the queue.
const settled = 2 * time.Second

// stays loads p for length and looks at it from settled on until settled before the end.
func stays(t *testing.T, p *testkit.Process, target string, length time.Duration, least float64) error {
	t.Helper()
	var visits map[string]observe.Visits
	var failed, full error
	var looked sync.WaitGroup
	_, err := generate(t, []string{"--loop", "closed", "--concurrency", "250", "--timeout", "60s", "--duration", length.String(),
		"--targets", "GET " + p.URL + target}, func(*testkit.Process) {
		looked.Go(func() {
			time.Sleep(settled)
			before, from := testkit.Metrics(t, p.AdminURL+"/metrics"), time.Now()
			visits, failed = observe.VisitAdmin(t.Context(), p.AdminURL, length-2*settled)
			full = fullOf(t, before, testkit.Metrics(t, p.AdminURL+"/metrics"), time.Since(from), least)
		})
	})
	looked.Wait()
	for path, all := range visits {
		t.Logf("%s: %d answers, p99 %v, slowest %v", path, len(all), all.Quantile(.99), all.Quantile(1))
	}
	return errors.Join(err, failed, full, observe.CheckVisits(visits))
}

// fullOf checks what the core did in the time d and what the service called the
// time of its requests. Throughput times CPU time of a request is CPU time per second.
func fullOf(t *testing.T, before, after testkit.Samples, d time.Duration, least float64) error {
	t.Helper()
	grown := func(labels testkit.Labels) float64 {
		return after.Sum("lab_work_seconds_total", labels) - before.Sum("lab_work_seconds_total", labels)
	}
	cpu, queue, all := grown(testkit.Labels{"part": "cpu"}), grown(testkit.Labels{"part": "queue"}), grown(nil)
	served := after.Count("http_server_request_duration_seconds", nil) - before.Count("http_server_request_duration_seconds", nil)
	t.Logf("%.1f/s, %.3f of the ceiling, queue %.3f of the time in the service", float64(served)/d.Seconds(), cpu/d.Seconds(), queue/all)
	if cpu < least*d.Seconds() {
		return fmt.Errorf("served %.3f of cores / cpu time", cpu/d.Seconds())
	}
	if queue < 0.9*all {
		return fmt.Errorf("queue is %.2f of the time in the service", queue/all)
	}
	return nil
}

// Past its capacity the time of a request through the gateway is its owner's:
// the service's queue, or the wait for a connection that the service holds.
func TestSaturationHasItsOwner(t *testing.T) {
	testkit.RequireQuiet(t)
	for _, row := range []struct {
		name, rate, duration string
	}{
		{"at 1.5 times the capacity", "150", "15s"},
		{"at 10 times the capacity", "1000", "5s"},
	} {
		t.Run(row.name, func(t *testing.T) {
			holds(t, func() error {
				computing := testkit.Start(t, "cpubound", "COMPUTE_SLOTS=1")
				defer computing.Stop()
				door := testkit.Start(t, "gateway", "CPUBOUND_URL="+computing.URL)
				defer door.Stop()
				r, err := generate(t, []string{"--rate", row.rate, "--duration", row.duration, "--targets", "GET " + door.URL + "/cpu/spin?ms=10"}, nil)
				if err != nil {
					return err
				}
				p, err := observe.PartsOf(t, r)
				if err != nil {
					return err
				}
				return p.Owned()
			})
		})
	}
}

// Programs outside the lab that keep both cores busy delay every step of a
// request. That is entry, queue or lag, and hardly any of it is the network.
func TestANoisyNeighbourIsNotTheNetwork(t *testing.T) {
	testkit.RequireQuiet(t)
	for range 8 {
		loop := exec.Command("sh", "-c", "while :; do :; done")
		if err := loop.Start(); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() {
			_ = loop.Process.Kill()
			_ = loop.Wait()
		})
	}
	for _, row := range []struct{ name, rate, target string }{
		{"waiting", "50", "/io/wait?ms=20"},
		{"computing", "4", "/cpu/spin?ms=10"},
		{"both", "4", "/mixed/sequence?io_ms=10&cpu_ms=5"},
	} {
		t.Run(row.name, func(t *testing.T) {
			holds(t, func() error {
				waiting := testkit.Start(t, "iobound")
				defer waiting.Stop()
				computing := testkit.Start(t, "cpubound", "COMPUTE_SLOTS=1")
				defer computing.Stop()
				both := testkit.Start(t, "mixed", "IOBOUND_URL="+waiting.URL, "CPUBOUND_URL="+computing.URL)
				defer both.Stop()
				door := testkit.Start(t, "gateway", "IOBOUND_URL="+waiting.URL, "CPUBOUND_URL="+computing.URL, "MIXED_URL="+both.URL)
				defer door.Stop()
				r, err := generate(t, []string{"--rate", row.rate, "--duration", "10s", "--targets", "GET " + door.URL + row.target}, nil)
				if err != nil {
					return err
				}
				p, err := observe.PartsOf(t, r)
				if err != nil {
					return err
				}
				if network := p.Share("network", "unattributed"); network > 0.1 {
					return fmt.Errorf("%.2f of the response is network", network)
				}
				return nil
			})
		})
	}
}

// A generator that is stopped for a second while replies arrive was late itself.
func TestAReplyThatLiesInTheGeneratorsSocketIsLag(t *testing.T) {
	testkit.RequireQuiet(t)
	waiting := testkit.Start(t, "iobound")
	for _, client := range []string{"lean", "std"} {
		t.Run(client, func(t *testing.T) {
			holds(t, func() error {
				// All are sent at once and answered while the generator does not run.
				r, err := generate(t, []string{"--loop", "batch", "--count", "50", "--client", client, "--urls", waiting.URL + "/io/wait?ms=500"},
					func(p *testkit.Process) {
						for deadline := time.Now().Add(10 * time.Second); active(t, waiting) < 50 && time.Now().Before(deadline); {
							time.Sleep(5 * time.Millisecond)
						}
						p.Signal(syscall.SIGSTOP)
						time.Sleep(1500 * time.Millisecond)
						p.Signal(syscall.SIGCONT)
					})
				if err != nil {
					return err
				}
				p, err := observe.PartsOf(t, r)
				if err != nil {
					return err
				}
				if p.Mean["lag"] < 500*time.Millisecond || p.Mean["network"] > 100*time.Millisecond {
					return fmt.Errorf("of %v, lag is %v and network %v", p.Response, p.Mean["lag"], p.Mean["network"])
				}
				return nil
			})
		})
	}
}

func active(t *testing.T, p *testkit.Process) int {
	t.Helper()
	return int(testkit.Metrics(t, p.AdminURL+"/metrics").Sum("http_server_active_requests", testkit.Labels{"http_route": "/io/wait"}))
}

// Requests that find all connections busy are blocked, not late.
func TestWaitingForAConnectionIsBlocked(t *testing.T) {
	testkit.RequireQuiet(t)
	waiting := testkit.Start(t, "iobound")
	for _, client := range []string{"lean", "std"} {
		t.Run(client, func(t *testing.T) {
			holds(t, func() error {
				r, err := generate(t, []string{"--loop", "batch", "--count", "20", "--max-connections", "2", "--client", client,
					"--urls", waiting.URL + "/io/wait?ms=50"}, nil)
				if err != nil {
					return err
				}
				p, err := observe.PartsOf(t, r)
				if err != nil {
					return err
				}
				// Ten rounds of two: the mean wait before one is 4.5 of them.
				if blocked := p.Mean["blocked"]; blocked < 220*time.Millisecond || blocked > 320*time.Millisecond || p.Mean["lag"] > 20*time.Millisecond {
					return fmt.Errorf("blocked %v, lag %v; 4.5 waits of 50 ms were expected", blocked, p.Mean["lag"])
				}
				if !strings.Contains(fmt.Sprint(r.Limit), "none") {
					return fmt.Errorf("limit %s of a batch", r.Limit)
				}
				return nil
			})
		})
	}
}
