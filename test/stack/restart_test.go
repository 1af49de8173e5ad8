package stack

import (
	"context"
	"fmt"
	"os/exec"
	"testing"
	"time"

	"loadlab/internal/testkit"
	"loadlab/test/observe"
)

// checkRollingRestart recreates each service behind the gateway in turn under
// load, as an up after a change of its image or variables does: every request is
// answered, and every keyed POST is stored once.
func checkRollingRestart(t *testing.T, c *composition) {
	load := observe.RollingLoad{Gateway: c.url("GATEWAY_PORT"), Prefix: fmt.Sprintf("rolling-%d-", time.Now().UnixNano())}
	folder := t.TempDir()
	scenario, err := load.Write(t.Context(), folder)
	if err != nil {
		t.Fatal(err)
	}
	generator := exec.CommandContext(t.Context(), testkit.Build(t, "loadgen"), "--scenario", scenario, "--max-connections", "512")
	generator.Env = append(generator.Environ(), "LOADGEN_ADMIN_ADDR=off", "LOADGEN_REPORT_DIR="+folder)
	var said testkit.Output
	generator.Stdout, generator.Stderr = &said, &said
	if err := generator.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		_ = generator.Wait() // its report says how it ended
	}()
	restarts, err := observe.RestartInTurn([]string{"iobound", "cpubound", "mixed", "items"}, time.Second, ended, func(service string) error {
		_, err := c.try("up", "--detach", "--no-build", "--no-deps", "--force-recreate", service)
		return err
	})
	<-ended
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%d containers recreated during %d requests\n%s", restarts, observe.RollingRequests, said.String())
	if restarts < 4 {
		t.Errorf("%d containers recreated, not each service's", restarts)
	}
	if err := load.Check(t.Context(), folder); err != nil {
		t.Error(err)
	}
	eventually(t, healsWithin, func(ctx context.Context) error {
		return c.hasValue(ctx, `sum(lab_connect_wait_seconds_count{job="gateway", result="connected"}) > 0`)
	})
}
