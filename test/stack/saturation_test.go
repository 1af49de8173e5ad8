package stack

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"testing"

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
			again(t, func() error { return c.saturate(t, row.rate, row.duration) })
		})
	}
	if streak := c.inspect(t, "cpubound", "{{.State.Health.Status}} {{.State.Health.FailingStreak}}"); streak != "healthy 0" {
		t.Errorf("cpubound's health check says %q", streak)
	}
	eventually(t, healsWithin, func(ctx context.Context) error {
		return c.hasValue(ctx, `min_over_time(up{job="cpubound"}[40s]) == 1`)
	})
	t.Run("next to a noisy neighbour", func(t *testing.T) { checkNeighbour(t, c) })
}

func (c *composition) saturate(t *testing.T, rate, duration string) error {
	t.Helper()
	p, err := c.partsOf(t, "/cpu/spin?ms=10", rate, duration)
	if err != nil {
		return err
	}
	return p.Owned()
}

// partsOf offers load through the gateway, and returns the parts of its response.
func (c *composition) partsOf(t *testing.T, path, rate, duration string) (observe.Parts, error) {
	t.Helper()
	run := c.generate(t, map[string]string{
		"LOADGEN_TARGETS": "GET http://gateway:8080" + path, "LOADGEN_RATE": rate, "LOADGEN_DURATION": duration,
	})
	if run.report == nil {
		return observe.Parts{}, fmt.Errorf("exit code %d: %s", run.exit, run.messages)
	}
	return observe.PartsOf(t, run.report)
}

// checkNeighbour runs eight busy loops next to the stack. They delay every step of a
// request, which is entry, queue or lag, and hardly any of it is the network.
func checkNeighbour(t *testing.T, c *composition) {
	const loops = 8
	// The engine divides the cores among containers, so this one counts as many.
	id, err := docker(c.root, nil, "run", "--detach", "--rm", "--network", "none", "--cpu-shares", strconv.Itoa(loops*1024), "--entrypoint", "sh",
		pins(t)["PROMETHEUS_IMAGE"], "-c", fmt.Sprintf("for i in $(seq %d); do while :; do :; done & done; wait", loops))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if _, err := docker(c.root, nil, "rm", "--force", strings.TrimSpace(id)); err != nil {
			t.Error(err)
		}
	})
	for _, row := range []struct{ name, rate, path string }{
		{"waiting", "50", "/io/wait?ms=20"},
		{"computing", "4", "/cpu/spin?ms=10"},
		{"both", "4", "/mixed/sequence?io_ms=10&cpu_ms=5"},
	} {
		t.Run(row.name, func(t *testing.T) {
			again(t, func() error {
				p, err := c.partsOf(t, row.path, row.rate, "10s")
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

// again tries three times: other programs on the machine can only make a measurement worse.
func again(t *testing.T, measure func() error) {
	t.Helper()
	var err error
	for range 3 {
		if err = measure(); err == nil {
			return
		}
		t.Logf("measured again: %v", err)
	}
	t.Error(err)
}
