package integration

import (
	"fmt"
	"math"
	"runtime"
	"testing"
	"time"

	"loadlab/internal/testkit"
	"loadlab/internal/web"
)

// off returns an error if a reply's CPU time is further than share from ms. The
// clock is the thread's own, which stands still while the thread does not run,
// so other programs do not reach it: this holds for every single request.
func off(replies []web.Reply, ms, share float64) error {
	for _, reply := range replies {
		if math.Abs(reply.Work.CPU-ms) > share*ms {
			return fmt.Errorf("cpu %v ms, asked for %v", reply.Work.CPU, ms)
		}
	}
	return nil
}

// A spin alone uses the CPU time asked for, within 3 %, and is not kept waiting
// for more than 2 ms: the median, since the kernel may run something else at any
// moment, but not half of the time on an idle machine.
func TestSpinAlone(t *testing.T) {
	testkit.RequireQuiet(t)
	one := callers(t, testkit.Start(t, "cpubound"), 1)
	holds(t, func() error {
		replies, _, err := loop(one, 20, 0, "/cpu/spin?ms=20")
		if err != nil {
			return err
		}
		if q := median(replies, queue); q >= 2 {
			return fmt.Errorf("queue %v ms", q)
		}
		return off(replies, 20, 0.03)
	})
}

// Eight at once per core use the CPU time asked for, within 5 %, and take about
// eight times as long; what grew is queue.
func TestSpinCrowded(t *testing.T) {
	testkit.RequireQuiet(t)
	p := testkit.Start(t, "cpubound")
	crowd := callers(t, p, 8*cores(t, p))
	holds(t, func() error {
		replies, _, err := loop(crowd, 4, 0, "/cpu/spin?ms=20")
		if err != nil {
			return err
		}
		q, all := median(replies, queue), median(replies, wall)
		// Half of the eight fold shows that they were in each other's way; the
		// growth over 20 ms is queue but for the 5 % that cpu may be off, 1 ms.
		if all < 80 || q < all-20-1 {
			return fmt.Errorf("wall %v ms, queue %v ms", all, q)
		}
		return off(replies, 20, 0.05)
	})
}

// Five hundred waits at once: each waits 50 ms, uses less than 1 ms of CPU time,
// and takes 45 to 55 ms. They begin spread over one wait, as clients that do
// not know of each other; 10,000 requests a second go through.
func TestFiveHundredWaits(t *testing.T) {
	testkit.RequireQuiet(t)
	crowd := callers(t, testkit.Start(t, "iobound"), 500)
	holds(t, func() error {
		replies, _, err := loop(crowd, 12, 50*time.Millisecond, "/io/wait?ms=50")
		if err != nil {
			return err
		}
		w, c, all := median(replies, wait), median(replies, cpu), median(replies, wall)
		if w != 50 || c >= 1 || all < 45 || all > 55 {
			return fmt.Errorf("wait %v ms, cpu %v ms, wall %v ms", w, c, all)
		}
		return nil
	})
}

// A hundred waits at once take no longer than one and a quarter.
func TestHundredWaitsTakeOne(t *testing.T) {
	testkit.RequireQuiet(t)
	crowd := callers(t, testkit.Start(t, "iobound"), 100)
	holds(t, func() error {
		_, took, err := loop(crowd, 1, 0, "/io/wait?ms=200")
		if err == nil && took > 250*time.Millisecond {
			err = fmt.Errorf("100 waits of 200 ms took %v", took)
		}
		return err
	})
}

// Twenty blocking waits take twenty: never less, and no more than the lateness
// of twenty wake-ups over, for which a tenth of the wait is a hundredfold.
func TestTwentyBlockingWaitsTakeTwenty(t *testing.T) {
	testkit.RequireQuiet(t)
	crowd := callers(t, testkit.Start(t, "iobound"), 20)
	holds(t, func() error {
		_, took, err := loop(crowd, 1, 0, "/io/wait?ms=50&blocking=true")
		if took < time.Second {
			t.Errorf("20 blocking waits of 50 ms took %v", took)
		}
		if err == nil && took > 1100*time.Millisecond {
			err = fmt.Errorf("20 blocking waits of 50 ms took %v", took)
		}
		return err
	})
}

// Twenty spins at once speed up by the number of cores: at least 0.75 of it,
// since virtual cores share a real one, and no more than 1.1. One after the
// other they take 20 times the CPU time at least, which is what the speed-up is
// against: a noisy moment cannot make it look better.
func TestTwentySpinsUseTheCores(t *testing.T) {
	testkit.RequireQuiet(t)
	p := testkit.Start(t, "cpubound")
	crowd, n := callers(t, p, 20), float64(cores(t, p))
	holds(t, func() error {
		_, took, err := loop(crowd, 1, 0, "/cpu/spin?ms=40")
		if err != nil {
			return err
		}
		speedUp := 20 * 0.040 / took.Seconds()
		if speedUp > 1.1*n {
			t.Errorf("speed-up %.2f on %v cores", speedUp, n)
		}
		if speedUp < 0.75*n {
			return fmt.Errorf("speed-up %.2f on %v cores", speedUp, n)
		}
		return nil
	})
}

// Over a run the growth of lab_work_seconds_total is the area below
// http_server_active_requests, within 5 %: Little's law. The gauge is sampled
// every few milliseconds, from before the first request to after the last.
func TestPartsSumToActiveRequests(t *testing.T) {
	testkit.RequireQuiet(t)
	saturating := 4 * runtime.NumCPU()
	for _, row := range []struct {
		name, service, target string
		clients, each         int
	}{
		{"waiting", "iobound", "/io/wait?ms=20&jitter=0.5", 40, 60},
		{"queueing", "iobound", "/io/wait?ms=10&blocking=true", 8, 12},
		{"computing", "cpubound", "/cpu/spin?ms=10", 1, 80},
		{"saturated", "cpubound", "/cpu/spin?ms=10", saturating, 20},
	} {
		t.Run(row.name, func(t *testing.T) {
			p := testkit.Start(t, row.service)
			crowd := callers(t, p, row.clients)
			holds(t, func() error {
				failed := make(chan error, 1)
				before := work(t, p)
				area := areaBelowActive(t, p, func() bool { return len(failed) > 0 }, func() {
					_, _, err := loop(crowd, row.each, 20*time.Millisecond, row.target)
					failed <- err
				})
				parts := work(t, p) - before
				if err := <-failed; err != nil {
					return err
				}
				if math.Abs(parts/area-1) > 0.05 {
					return fmt.Errorf("parts sum to %.3f request seconds, the gauge to %.3f", parts, area)
				}
				t.Logf("parts sum to %.3f request seconds, the gauge to %.3f", parts, area)
				return nil
			})
		})
	}
}

func work(t *testing.T, p *testkit.Process) float64 {
	t.Helper()
	return testkit.Metrics(t, p.AdminURL+"/metrics").Sum("lab_work_seconds_total", nil)
}

// areaBelowActive samples the gauge while load runs and integrates it by the trapezoidal rule.
func areaBelowActive(t *testing.T, p *testkit.Process, done func() bool, load func()) float64 {
	t.Helper()
	sample := func() (time.Time, float64) {
		began := time.Now()
		active := testkit.Metrics(t, p.AdminURL+"/metrics").Sum("http_server_active_requests", nil)
		return began.Add(time.Since(began) / 2), active
	}
	at, active := sample()
	go load()
	var area float64
	for last := false; !last; time.Sleep(5 * time.Millisecond) {
		last = done() // one more sample after the end
		now, value := sample()
		area += now.Sub(at).Seconds() * (active + value) / 2
		at, active = now, value
	}
	return area
}

// An idle service holds less than 30 MiB of memory, what the kernel shares of
// its binary included. It is read when the start is a second ago.
func TestIdleMemory(t *testing.T) {
	testkit.RequireQuiet(t)
	for _, service := range []string{"gateway", "iobound", "cpubound", "mixed", "items"} {
		t.Run(service, func(t *testing.T) {
			p := testkit.Start(t, service)
			time.Sleep(time.Second)
			const most = 30 << 20
			resident := testkit.Metrics(t, p.AdminURL+"/metrics").Sum("process_resident_memory_bytes", nil)
			t.Logf("%.1f MiB", resident/(1<<20))
			if resident == 0 || resident >= most {
				t.Errorf("resident memory is %.0f bytes, want less than %d", resident, most)
			}
		})
	}
}
