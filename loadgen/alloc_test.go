package loadgen_test

import (
	"runtime"
	"testing"
	"time"

	"loadlab/loadgen/plan"
)

// Memory that each request allocates makes the garbage collector run in the middle of a measurement.
func TestARequestAllocatesNothing(t *testing.T) {
	url, _ := serveApart(t, 0)
	e, stop := started(t, one(plan.Phase{Name: "closed", Loop: plan.Closed, Concurrency: 4, Targets: targets(t, "GET "+url+"/")}))
	snapshots, cancel := e.Watch()
	defer cancel()
	completed := func(want uint64) (n, allocations uint64) {
		for late := time.After(time.Minute); n < want; {
			select {
			case s := <-snapshots:
				n += s.Completed
			case <-late:
				t.Skipf("the machine is too busy: %d of %d requests in a minute", n, want)
			}
		}
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return n, m.Mallocs
	}
	_, before := completed(1000) // connections and histograms take memory first
	n, after := completed(5000)
	if each := float64(after-before) / float64(n); each > .5 {
		t.Errorf("%.2f allocations a request, want none", each)
	} else {
		t.Logf("%.3f allocations a request", each)
	}
	stop()
}
