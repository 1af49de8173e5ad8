package integration

import (
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"sync"
	"testing"
	"time"

	"loadlab/internal/testkit"
	"loadlab/loadgen/report"
)

const (
	times          = 10 // of the capacity, in open loop
	overloaded     = 4 * time.Second
	slowestServed  = 2 * time.Second
	backlogGone    = 2 * time.Second
	leastGoodput   = 0.75 // of the capacity: refusals cost the same two cores
	slowestNearby  = 250 * time.Millisecond
	anyErrors      = "error_rate<=100%" // refusals are what is tested
	waitsPerSecond = 50
	askedBeside    = 10
)

// At ten times the capacity of one core the throughput stays, requests that are served
// take no longer than the target of the queue, and requests that wait are served as before.
func TestTenTimesTheCapacity(t *testing.T) {
	testkit.RequireQuiet(t)
	for _, row := range []struct {
		name    string
		through bool // the gateway, where requests that wait are offered too
	}{{"directly", false}, {"through the gateway", true}} {
		t.Run(row.name, func(t *testing.T) {
			holds(t, func() error {
				computing := testkit.Start(t, "cpubound", "COMPUTE_SLOTS=1")
				defer computing.Stop()
				if !row.through {
					return overload(t, computing.URL, "", computing)
				}
				waiting := testkit.Start(t, "iobound")
				defer waiting.Stop()
				door := testkit.Start(t, "gateway", "CPUBOUND_URL="+computing.URL, "IOBOUND_URL="+waiting.URL)
				defer door.Stop()
				return overload(t, door.URL, door.URL+"/io/wait?ms=20", computing, door)
			})
		})
	}
}

// capacityOf is how many computations per second are served to four clients.
func capacityOf(t *testing.T, target string) (float64, error) {
	t.Helper()
	r, err := generate(t, []string{"--loop", "closed", "--concurrency", "4", "--duration", "1500ms", "--targets", "GET " + target}, nil)
	if err != nil {
		return 0, err
	}
	return float64(r.Succeeded()) / r.Elapsed.Seconds(), nil
}

// overload offers ten times the capacity to url, and measures the capacity before and after. The requests
// that are refused are counted by some of those that shed.
func overload(t *testing.T, url, waits string, shed ...*testkit.Process) error {
	t.Helper()
	target := url + "/cpu/spin?ms=10"
	capacity, err := capacityOf(t, target)
	if err != nil {
		return err
	}
	rate, targets := int(times*capacity), "GET "+target
	if waits != "" {
		targets = fmt.Sprintf("%d*GET %s; %d*GET %s", rate, target, waitsPerSecond, waits)
		rate += waitsPerSecond
	}
	var beside error
	r, err := generate(t, []string{"--rate", strconv.Itoa(rate), "--duration", overloaded.String(), "--max-connections", "2000",
		"--thresholds", anyErrors, "--targets", targets}, func(*testkit.Process) {
		time.Sleep(overloaded / 2)
		beside = refuses(t, target)
	})
	if err != nil {
		return err
	}
	shedding := counted(t, r, shed)
	// The machine may have become slower meanwhile.
	after, err := capacityOf(t, target)
	if err != nil {
		return err
	}
	return errors.Join(beside, held(t, r, min(capacity, after)), shedding)
}

// refuses asks some times at once, and looks at the refusals.
func refuses(t *testing.T, target string) error {
	t.Helper()
	var asking sync.WaitGroup
	refused := make(chan string, askedBeside)
	for range askedBeside {
		asking.Go(func() {
			reply, err := http.Get(target)
			if err != nil {
				t.Error(err)
				return
			}
			reply.Body.Close()
			if reply.StatusCode == http.StatusServiceUnavailable {
				refused <- reply.Header.Get("Retry-After")
			}
		})
	}
	asking.Wait()
	close(refused)
	if len(refused) == 0 {
		return fmt.Errorf("none of %d requests was refused", askedBeside)
	}
	for after := range refused {
		if after != "1" && after != "2" {
			t.Errorf("Retry-After of a refusal is %q", after)
		}
	}
	return nil
}

// held checks what the clients saw. The service works until the last request is answered.
func held(t *testing.T, r *report.Report, capacity float64) error {
	t.Helper()
	busy := (r.Elapsed + r.Drained).Seconds()
	var errs []error
	for _, target := range r.Targets {
		served := target.Outcomes["ok"]
		if target.Name == "GET /io/wait" {
			p99 := target.Response.Quantile(.99)
			t.Logf("waits: %d of %d served, p99 %v", served, target.Completed, p99)
			if served != target.Completed || p99 > slowestNearby {
				errs = append(errs, fmt.Errorf("%d of %d waits were served, p99 %v", served, target.Completed, p99))
			}
			continue
		}
		goodput := float64(served) / busy
		t.Logf("capacity %.1f/s, goodput %.3f of it, %d of %d served, gone %v after the load", capacity, goodput/capacity, served, target.Completed, r.Drained)
		if goodput < leastGoodput*capacity {
			errs = append(errs, fmt.Errorf("the goodput is %.1f/s of a capacity of %.1f/s", goodput, capacity))
		}
		if other := target.Completed - served - target.Status[http.StatusServiceUnavailable]; other > 0 {
			errs = append(errs, fmt.Errorf("%d requests were neither served nor refused: %v", other, target.Outcomes))
		}
	}
	p99 := r.ResponseOK.Quantile(.99)
	t.Logf("served: p50 %v, p99 %v, slowest %v; all: p50 %v", r.ResponseOK.Quantile(.5), p99, r.ResponseOK.Max(), r.Response.Quantile(.5))
	if p99 > slowestServed {
		errs = append(errs, fmt.Errorf("requests that were served have a p99 of %v", p99))
	}
	if r.Drained > backlogGone {
		errs = append(errs, fmt.Errorf("the backlog was gone %v after the load", r.Drained))
	}
	return errors.Join(errs...)
}

// shedBy returns how many requests p has refused for reason, or for any.
func shedBy(t *testing.T, p *testkit.Process, reason string) float64 {
	t.Helper()
	labels := testkit.Labels{"http_route": "/cpu/spin"}
	if reason != "" {
		labels["reason"] = reason
	}
	return testkit.Metrics(t, p.AdminURL+"/metrics").Sum("lab_shed_requests_total", labels)
}

// counted checks that each refusal is counted once, by the service or the gateway in front of it.
func counted(t *testing.T, r *report.Report, shed []*testkit.Process) error {
	t.Helper()
	all := 0.0
	for _, p := range shed {
		all += shedBy(t, p, "")
	}
	refused := uint64(0)
	for _, target := range r.Targets {
		refused += target.Status[http.StatusServiceUnavailable]
	}
	late := shedBy(t, shed[0], "queue_timeout")
	t.Logf("of %d refusals %v came after a wait", refused, late)
	// The requests of refuses are no part of the report.
	if all < float64(refused) || all > float64(refused)+askedBeside || late == 0 {
		return fmt.Errorf("the clients saw %d refusals, %v are counted, %v of them after a wait", refused, all, late)
	}
	return nil
}

// Clients without a pause that meet an overload are refused too, but only after they have
// waited: they do not become a flood of refusals that takes the core from the work.
func TestAClosedLoopMeetsAnOverload(t *testing.T) {
	testkit.RequireQuiet(t)
	const (
		length      = 6 * time.Second
		clients     = 250
		queueTarget = 1500 * time.Millisecond // the default of COMPUTE_QUEUE_TARGET
	)
	holds(t, func() error {
		computing := testkit.Start(t, "cpubound", "COMPUTE_SLOTS=1")
		defer computing.Stop()
		door := testkit.Start(t, "gateway", "CPUBOUND_URL="+computing.URL)
		defer door.Stop()
		target := door.URL + "/cpu/spin?ms=10"
		capacity, err := capacityOf(t, target)
		if err != nil {
			return err
		}
		folder := t.TempDir()
		flood := testkit.Launch(t, "loadgen", []string{"--rate", "1000", "--duration", "3s", "--max-connections", "2000",
			"--thresholds", anyErrors, "--targets", "GET " + target, "--admin-addr", "off"}, "LOADGEN_REPORT_DIR="+folder)
		time.Sleep(2 * time.Second)
		var served, refused, seconds float64
		_, err = generate(t, []string{"--loop", "closed", "--concurrency", strconv.Itoa(clients), "--duration", length.String(), "--thresholds", anyErrors,
			"--targets", "GET " + target}, func(*testkit.Process) {
			waitFor(t, flood)
			time.Sleep(time.Second)
			before, shed, from := served200(t, computing), shedBy(t, computing, ""), time.Now()
			time.Sleep(length / 2)
			served, refused, seconds = served200(t, computing)-before, shedBy(t, computing, "")-shed, time.Since(from).Seconds()
		})
		if err != nil {
			return err
		}
		t.Logf("capacity %.1f/s, %.3f of it served, %.1f/s refused", capacity, served/seconds/capacity, refused/seconds)
		if least := leastGoodput * capacity * seconds; served < least {
			return fmt.Errorf("in %.1f s %.0f were served, want at least %.0f", seconds, served, least)
		}
		if most := clients * (seconds/queueTarget.Seconds() + 1); refused > most {
			return fmt.Errorf("in %.1f s %.0f were refused, want at most %.0f: each client once in %v", seconds, refused, most, queueTarget)
		}
		return nil
	})
}

func served200(t *testing.T, p *testkit.Process) float64 {
	t.Helper()
	return float64(testkit.Metrics(t, p.AdminURL+"/metrics").Count("http_server_request_duration_seconds",
		testkit.Labels{"http_route": "/cpu/spin", "http_response_status_code": "200"}))
}
