//go:build linux

package lab

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"loadlab/internal/testkit"
	"loadlab/test/observe"
)

// What a process may have more of after a fault than before the first one.
const (
	moreGoroutines  = 20
	moreDescriptors = 15
	moreConnections = 10
	moreMemory      = 64 << 20 // bytes that no file backs
	shortSoak       = 20 * time.Second
)

// TestSoakUnderFaults runs a lab for the time of SOAK, 20 s by default, and
// causes random faults; SOAK_SEED repeats those of an earlier run. After each
// fault every process returns to what it had before, the gateway has counted
// what was sent to it, and outside of faults no request fails.
func TestSoakUnderFaults(t *testing.T) {
	length := shortSoak
	if text := os.Getenv("SOAK"); text != "" {
		var err error
		length, err = time.ParseDuration(text)
		must(t, err)
	}
	seed := uint64(time.Now().UnixNano())
	if text := os.Getenv("SOAK_SEED"); text != "" {
		var err error
		seed, err = strconv.ParseUint(text, 10, 64)
		must(t, err)
	}
	t.Logf("SOAK_SEED=%d", seed)
	f := startFaulty(t, []string{"--no-load"}, true, // the gateway is to count the traffic alone
		"LAB_BLOCK=1m", "LAB_TRACE_MB=1") // samples and traces grow to a bound that is soon reached
	random := chance{rand.New(rand.NewPCG(seed, 0))}
	base, most := f.usage(), map[string]usage{}
	for name, u := range base {
		t.Logf("base of %s: %v", name, u)
	}
	end := time.Now().Add(length)
	for n := 1; time.Now().Before(end); n++ {
		fault := f.random(random)
		before := f.counted()
		f.try(fault)
		f.checkCounts(fault, before)
		f.returnsTo(base, most, fault.name)
	}
	for name, u := range most {
		t.Logf("most of %s after a fault: %v", name, u)
	}
	f.finish()
}

// usage is what a process holds.
type usage struct{ goroutines, descriptors, connections, memory float64 }

func (u usage) String() string {
	return fmt.Sprintf("%.0f goroutines, %.0f descriptors, %.0f connections, %.0f MiB", u.goroutines, u.descriptors, u.connections, u.memory/(1<<20))
}

// usage asks every process for what it holds while no request is in progress.
func (f *faulty) usage() map[string]usage {
	f.t.Helper()
	all := map[string]usage{}
	f.traffic.Still(func() {
		memory, samples := f.kept(f.t), map[string]float64{"lab": f.openSamples()}
		for name, url := range f.metricsURLs() {
			s := testkit.Metrics(f.t, url)
			all[name] = usage{
				goroutines: s.Sum("go_goroutines", nil), descriptors: s.Sum("process_open_fds", nil) - samples[name], memory: memory[name],
				connections: s.Sum("lab_connections", nil) + s.Sum("go_sql_open_connections", nil),
			}
		}
	})
	return all
}

// openSamples counts the files of samples that the lab has open. How many there
// are depends on what was merged last; one that is deleted should be closed.
func (f *faulty) openSamples() (n float64) {
	f.t.Helper()
	links := fmt.Sprintf("/proc/%d/fd", f.pids()["lab"])
	entries, err := os.ReadDir(links)
	must(f.t, err)
	for _, entry := range entries {
		file, _ := os.Readlink(filepath.Join(links, entry.Name())) // empty if it was closed meanwhile
		if strings.HasPrefix(file, filepath.Join(f.folder, "metrics")+"/") && !strings.HasSuffix(file, " (deleted)") {
			n++
		}
	}
	return n
}

// metricsURLs are where the processes tell their metrics.
func (f *faulty) metricsURLs() map[string]string {
	urls := map[string]string{"lab": string(f.prometheus) + "/metrics"}
	for _, name := range []string{"iobound", "cpubound", "mixed", "items", "gateway"} {
		urls[name] = "http://" + f.serving(name, "admin") + "/metrics"
	}
	return urls
}

// returnsTo waits until every process has what it had before the faults, and
// keeps the most that one had then.
func (f *faulty) returnsTo(base, most map[string]usage, after string) {
	f.t.Helper()
	err := observe.Eventually(f.t.Context(), recoveryLimit, func(context.Context) error {
		now := f.usage()
		var errs []error
		for name, was := range base {
			is := now[name]
			if is.goroutines > was.goroutines+moreGoroutines || is.descriptors > was.descriptors+moreDescriptors ||
				is.connections > was.connections+moreConnections || is.memory > was.memory+moreMemory {
				errs = append(errs, fmt.Errorf("%s has %v, and had %v", name, is, was))
			}
		}
		if len(errs) == 0 {
			for name, is := range now {
				m := most[name]
				most[name] = usage{max(m.goroutines, is.goroutines), max(m.descriptors, is.descriptors), max(m.connections, is.connections), max(m.memory, is.memory)}
			}
		}
		return errors.Join(errs...)
	})
	if err != nil {
		f.t.Errorf("after %s: %v", after, err)
	}
}

// counts are the requests of the traffic, by its own count and by the gateway's.
type counts struct {
	pid                int // of the gateway
	sent, succeeded    int // by the traffic; what its client repeated counts again
	silent             int // replies that the traffic did not receive, or not to their end
	counted, countedOK int // by the gateway
}

func (f *faulty) counted() (c counts) {
	f.t.Helper()
	f.traffic.Still(func() {
		const metric, status = "http_server_request_duration_seconds", "http_response_status_code"
		tally := f.traffic.Tally()
		s := testkit.Metrics(f.t, f.metricsURLs()["gateway"])
		c = counts{pid: f.pids()["gateway"], sent: tally.Attempts, succeeded: tally.OK, silent: tally.Silent, counted: s.Count(metric, nil),
			countedOK: s.Count(metric, testkit.Labels{status: "200"}) + s.Count(metric, testkit.Labels{status: "201"})}
	})
	return c
}

// checkCounts compares the requests since before, as the traffic and as the
// gateway counted them, unless the gateway was killed, which ends its count. A
// reply whose body is cut has its status already.
func (f *faulty) checkCounts(after fault, before counts) {
	f.t.Helper()
	err := observe.Eventually(f.t.Context(), recoveryLimit, func(context.Context) error {
		now := f.counted()
		sent, succeeded := now.sent-before.sent, now.succeeded-before.succeeded
		counted, countedOK := now.counted-before.counted, now.countedOK-before.countedOK
		cut := 0
		if after.cuts {
			cut = now.silent - before.silent
		}
		if now.pid == before.pid && (counted != sent || countedOK < succeeded || countedOK > succeeded+cut) {
			return fmt.Errorf("%d requests sent and %d succeeded; the gateway counted %d and %d", sent, succeeded, counted, countedOK)
		}
		return nil
	})
	if err != nil {
		f.t.Errorf("after %s: %v", after.name, err)
	}
}
