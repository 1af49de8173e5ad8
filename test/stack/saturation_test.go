package stack

import (
	"context"
	"fmt"
	"testing"
	"time"

	"loadlab/test/observe"
)

// checkSaturation offers 1.5 and 10 times of what the CPU-bound service can do
// through the gateway. The time of a request is its owner's, the service's or
// the gateway's, and every scrape and health check is answered meanwhile.
func checkSaturation(t *testing.T, c *composition) {
	if err := observe.Steer(t.Context(), c.url("CONSOLE_PORT"), "pause"); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := observe.Steer(context.WithoutCancel(t.Context()), c.url("CONSOLE_PORT"), "resume"); err != nil {
			t.Error(err)
		}
	})
	for _, row := range []struct{ name, rate, duration string }{
		{"at 1.5 times the capacity", "150", "12s"},
		{"at 10 times the capacity", "1000", "5s"},
	} {
		t.Run(row.name, func(t *testing.T) {
			// Other containers on the machine can only make a measurement worse.
			var err error
			for range 3 {
				if err = c.saturate(t, row.rate, row.duration); err == nil {
					return
				}
				t.Logf("measured again: %v", err)
			}
			t.Error(err)
		})
	}
	if streak := c.inspect(t, "cpubound", "{{.State.Health.Status}} {{.State.Health.FailingStreak}}"); streak != "healthy 0" {
		t.Errorf("cpubound's health check says %q", streak)
	}
	eventually(t, healsWithin, func(ctx context.Context) error {
		return c.hasValue(ctx, `min_over_time(up{job="cpubound"}[40s]) == 1`)
	})
}

func (c *composition) saturate(t *testing.T, rate, duration string) error {
	t.Helper()
	run := c.generate(t, map[string]string{
		"LOADGEN_TARGETS": "GET http://gateway:8080/cpu/spin?ms=10", "LOADGEN_RATE": rate, "LOADGEN_DURATION": duration,
	})
	if run.report == nil || run.report.Completed == 0 {
		return fmt.Errorf("exit code %d: %s", run.exit, run.messages)
	}
	parts, n := run.report.Parts(), time.Duration(run.report.Completed)
	var all, owned time.Duration
	for name, d := range parts {
		all += d
		switch name {
		case "cpu", "wait", "queue", "entry", "blocked":
			owned += d
		}
	}
	t.Logf("mean response %v: %v owned by the service and the gateway", run.report.Response.Mean(), owned/n)
	if share := float64(owned) / float64(all); share < 0.95 {
		return fmt.Errorf("the service and the gateway own %.3f of the response: %v", share, parts)
	}
	for _, part := range []string{"network", "lag"} {
		if each := parts[part] / n; each > 5*time.Millisecond {
			return fmt.Errorf("%s is %v of a response of %v", part, each, run.report.Response.Mean())
		}
	}
	return nil
}
