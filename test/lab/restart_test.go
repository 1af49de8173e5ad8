//go:build linux

package lab

import (
	"context"
	"fmt"
	"net/url"
	"os/exec"
	"testing"
	"time"

	"loadlab/internal/testkit"
	"loadlab/test/observe"
)

// TestARollingRestartLosesNothing restarts each service behind the gateway in
// turn under load: every request is answered, and every keyed POST is stored once.
func TestARollingRestartLosesNothing(t *testing.T) {
	// Only the restarts are to be measured: a slow disk makes items refuse writes.
	l := start(t, []string{"--no-load"}, "DATABASE_ACQUIRE_TIMEOUT=30s", "ITEMS_TIMEOUT=60s")
	load := observe.RollingLoad{Gateway: l.gateway, Prefix: "rolling-"}
	folder := t.TempDir()
	scenario, err := load.Write(t.Context(), folder)
	must(t, err)
	page, err := url.Parse(l.field(t, `open (http://\S+)`))
	must(t, err)

	generator := exec.CommandContext(t.Context(), testkit.Build(t, "loadgen"), "--scenario", scenario, "--max-connections", "512")
	generator.Env = append(generator.Environ(), "LOADGEN_ADMIN_ADDR=off", "LOADGEN_REPORT_DIR="+folder)
	var said testkit.Output
	generator.Stdout, generator.Stderr = &said, &said
	must(t, generator.Start())
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		_ = generator.Wait() // its report says how it ended
	}()
	restarts, err := observe.RestartInTurn([]string{"iobound", "cpubound", "mixed", "items"}, 500*time.Millisecond, ended, func(service string) error {
		command := exec.Command(testkit.Build(t, "lab"), "restart", service)
		command.Env = append(command.Environ(), "CONSOLE_PORT="+page.Port())
		out, err := command.CombinedOutput()
		if err != nil {
			return fmt.Errorf("%w: %s", err, out)
		}
		return nil
	})
	<-ended
	must(t, err)
	t.Logf("%d restarts during %d requests\n%s", restarts, observe.RollingRequests, said.String())
	if restarts < 8 {
		t.Errorf("%d restarts, too few to say anything", restarts)
	}
	must(t, load.Check(t.Context(), folder))
	must(t, observe.Eventually(t.Context(), time.Minute, func(ctx context.Context) error {
		series, err := l.prometheus.Query(ctx, `sum(lab_connect_wait_seconds_count{job="gateway", result="connected"})`)
		if err == nil && (len(series) != 1 || series[0].Last() == 0) {
			err = fmt.Errorf("no request has waited for a connection: %v", series)
		}
		return err
	}))
}
