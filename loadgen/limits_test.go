//go:build unix

package loadgen_test

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"loadlab/loadgen"
	"loadlab/loadgen/plan"
	"loadlab/loadgen/report"
)

// leaveFiles lets this process open only that many more files until the test ends. The test must not run in parallel.
func leaveFiles(t *testing.T, files uint64) {
	t.Helper()
	var before syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &before); err != nil {
		t.Fatal(err)
	}
	probe, err := os.Open(os.DevNull) // gets the lowest free number
	if err != nil {
		t.Fatal(err)
	}
	defer probe.Close()
	less := before
	less.Cur = uint64(probe.Fd()) + files
	if err := syscall.Setrlimit(syscall.RLIMIT_NOFILE, &less); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := syscall.Setrlimit(syscall.RLIMIT_NOFILE, &before); err != nil {
			t.Error(err)
		}
	})
}

// The run says while it goes on that its measurement is invalid, and loads as well as it can.
func TestOwnLimitsAreSeenDuringTheRun(t *testing.T) {
	for _, std := range []bool{false, true} {
		t.Run(fmt.Sprint("std ", std), func(t *testing.T) {
			url, _ := serveApart(t, 10*time.Millisecond)
			cfg := one(plan.Phase{Name: "limited", Loop: plan.Closed, Concurrency: 100, Duration: time.Second, Targets: targets(t, "GET "+url+"/")})
			cfg.Interval, cfg.Std = 100*time.Millisecond, std
			leaveFiles(t, 40)
			e, err := loadgen.New(cfg)
			if err != nil {
				t.Fatal(err)
			}
			snapshots, cancel := e.Watch()
			seen := make(chan int)
			over := make(chan struct{})
			go func() {
				invalid := 0
				for {
					select {
					case s := <-snapshots:
						if slices.Contains(s.Reasons, report.ReasonLocalLimit) && !s.Valid && s.Dropped > 0 {
							invalid++
						}
					case <-over:
						seen <- invalid
						return
					}
				}
			}()
			r := e.Run(t.Context())
			cancel()
			close(over)
			invalid := <-seen
			if invalid == 0 || r.Dropped["local_limit"] == 0 || r.Failed() != 0 || r.Succeeded() == 0 {
				t.Errorf("%d snapshots are invalid, dropped %v, failed %d, succeeded %d, failures %+v", invalid, r.Dropped, r.Failed(), r.Succeeded(), r.Failures())
			}
			if r.Limit != report.LimitGenerator || !strings.Contains(r.LimitCause, "ulimit -n") {
				t.Errorf("limit %s: %s", r.Limit, r.LimitCause)
			}
		})
	}
}
