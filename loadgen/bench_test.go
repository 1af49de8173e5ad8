//go:build unix

package loadgen_test

import (
	"fmt"
	"syscall"
	"testing"
	"time"

	"loadlab/loadgen/pace"
	"loadlab/loadgen/plan"
)

func ownCPU(b *testing.B) time.Duration {
	b.Helper()
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
		b.Fatal(err)
	}
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
}

// BenchmarkLag says how late an open loop sends, in microseconds, on whatever
// else the machine does: compare it with an idle one only.
func BenchmarkLag(b *testing.B) {
	for _, rate := range []float64{100, 1000, 5000} {
		b.Run(fmt.Sprintf("rate=%v", rate), func(b *testing.B) {
			url, _ := serveApart(b, 0)
			for b.Loop() {
				r := run(b, one(plan.Phase{
					Name: "lag", Loop: plan.Open, Rate: rate, Arrivals: pace.Even, Duration: 4 * time.Second, Warmup: time.Second, Targets: targets(b, "GET "+url+"/"),
				}))
				b.ReportMetric(float64(r.Lag.Quantile(.5).Microseconds()), "lag-p50-us")
				b.ReportMetric(float64(r.Lag.Quantile(.99).Microseconds()), "lag-p99-us")
				b.ReportMetric(100*r.AchievedRate/rate, "achieved-%")
			}
		})
	}
}

// BenchmarkClosedLoop says what a request costs the generator at full
// recording: CPU time in microseconds, the system's part of it included.
func BenchmarkClosedLoop(b *testing.B) {
	url, _ := serveApart(b, 0)
	for b.Loop() {
		before := ownCPU(b)
		r := run(b, one(plan.Phase{Name: "closed", Loop: plan.Closed, Concurrency: 50, Duration: 2 * time.Second, Targets: targets(b, "GET "+url+"/")}))
		b.ReportMetric(float64((ownCPU(b)-before).Nanoseconds())/1e3/float64(r.Completed), "cpu-us/req")
		b.ReportMetric(r.AchievedRate, "req/s")
	}
}

// BenchmarkServiceTime says by how much the median service time exceeds a known
// delay, of which the server's own timer is a part.
func BenchmarkServiceTime(b *testing.B) {
	for _, delay := range []time.Duration{time.Millisecond, 10 * time.Millisecond, 100 * time.Millisecond} {
		b.Run(fmt.Sprint("delay=", delay), func(b *testing.B) {
			url, _ := serveApart(b, delay)
			for b.Loop() {
				r := run(b, one(plan.Phase{Name: "service", Loop: plan.Open, Rate: 100, Arrivals: pace.Even, Duration: 2 * time.Second, Targets: targets(b, "GET "+url+"/")}))
				b.ReportMetric(float64((r.Service.Quantile(.5) - delay).Microseconds()), "over-us")
			}
		})
	}
}
