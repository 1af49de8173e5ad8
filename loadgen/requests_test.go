package loadgen_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"
	"time"

	"loadlab/loadgen/plan"
)

// A closed loop with a number of requests sends exactly those, then ends.
func TestClosedLoopEndsAfterItsRequests(t *testing.T) {
	for _, row := range []struct{ requests, concurrency int }{{1, 1}, {1, 20}, {7, 3}, {20, 20}, {500, 8}} {
		for _, std := range []bool{false, true} {
			t.Run(fmt.Sprintf("%d of %d at a time, std %v", row.requests, row.concurrency, std), func(t *testing.T) {
				var served atomic.Int64
				server := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { served.Add(1) }))
				defer server.Close()
				cfg := one(plan.Phase{
					Name: "counted", Loop: plan.Closed, Concurrency: row.concurrency, Requests: row.requests,
					Targets: targets(t, "GET "+server.URL),
				})
				cfg.Std = std
				r := run(t, cfg)
				if served.Load() != int64(row.requests) || r.Completed != uint64(row.requests) || r.Interrupted {
					t.Errorf("%d served, %d completed, interrupted %v", served.Load(), r.Completed, r.Interrupted)
				}
			})
		}
	}
}

// What fails counts too, and a request that a paused loop repeats is no further one.
func TestRequestsOfAClosedLoopThatFail(t *testing.T) {
	r := run(t, one(plan.Phase{
		Name: "counted", Loop: plan.Closed, Concurrency: 4, Requests: 10, Think: time.Millisecond, Targets: targets(t, "GET http://127.0.0.1:1/"),
	}))
	if r.Completed != 10 || r.Scheduled != 10 || r.Failed() != 10 {
		t.Errorf("%d scheduled, %d completed, %d failed", r.Scheduled, r.Completed, r.Failed())
	}
}

func TestADurationMayEndACountedLoopBefore(t *testing.T) {
	r := run(t, one(plan.Phase{
		Name: "counted", Loop: plan.Closed, Concurrency: 1, Requests: 1_000_000, Duration: 100 * time.Millisecond, Targets: targets(t, "GET "+serve(t, 5*time.Millisecond)),
	}))
	if r.Completed == 0 || r.Completed > 1000 {
		t.Errorf("%d completed", r.Completed)
	}
}
