package stack

import (
	"context"
	"errors"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"loadlab/internal/testkit"
)

// checkConnections opens far more connections than there may be to the gateway,
// whose container has a limit of memory. Other requests are served, and the
// kernel has not killed it.
func checkConnections(t *testing.T, c *composition) {
	const connections = 10_000
	const state = "{{.State.OOMKilled}} {{.RestartCount}} {{.State.StartedAt}}"
	before := c.inspect(t, "gateway", state)
	// Not the published port, whose connections Docker's proxy would hold.
	address := net.JoinHostPort(c.address(t, "gateway"), "8080")
	for name, text := range map[string]string{
		"idle":        "",
		"half a head": "GET /io/wait HTTP/1.1\r\nHost:",
		"half a body": "POST /io/wait HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{",
	} {
		t.Run(name, func(t *testing.T) {
			testkit.Hold(t, connections, address, text)
			client := &http.Client{Timeout: 30 * time.Second, Transport: &http.Transport{DisableKeepAlives: true}}
			for i := range 40 {
				response, err := client.Get("http://" + address + "/io/wait?ms=1")
				if err != nil {
					t.Fatalf("request %d: %v", i, err)
				}
				response.Body.Close()
				if response.StatusCode != http.StatusOK {
					t.Errorf("request %d was answered %s", i, response.Status)
				}
			}
		})
	}
	if after := c.inspect(t, "gateway", state); after != before || !strings.HasPrefix(after, "false ") {
		t.Errorf("out of memory, restarts, start: %s, before %s", after, before)
	}
	eventually(t, healsWithin, func(ctx context.Context) error {
		return errors.Join(
			c.hasValue(ctx, `lab_connections{job="gateway", listener="traffic"} <= lab_connections_limit`),
			c.hasValue(ctx, `sum(lab_connections_closed_total{job="gateway", listener="traffic"}) > 0`))
	})
}
