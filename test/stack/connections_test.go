package stack

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"syscall"
	"testing"
	"time"

	"loadlab/internal/testkit"
)

// checkConnections opens far more connections than there may be to the gateway,
// whose container has a limit of memory. Other requests are served, and the
// kernel has not killed it.
func checkConnections(t *testing.T, c *composition) {
	const connections = 10_000
	const needed = connections + 500
	var files syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &files); err != nil || files.Cur < needed {
		testkit.RequireFound(t, fmt.Errorf("needs %d open files, the limit is %d (ulimit -n)", needed, files.Cur))
	}
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
			hold(t, address, text, connections)
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

// hold opens connections, writes text to each and keeps them until the test ends.
func hold(t *testing.T, address, text string, connections int) {
	t.Helper()
	for range connections {
		conn, err := net.DialTimeout("tcp", address, 30*time.Second)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { conn.Close() })
		_, _ = io.WriteString(conn, text) // one that was closed to make room is what is tested
	}
}
