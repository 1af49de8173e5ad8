package stack

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
)

// checkConsoleStays stops the generator, which must not take the page away, and
// lets it come back. A batch ends when it is complete.
func checkConsoleStays(t *testing.T, c *composition) {
	const tour = `"scenario":"tour"`
	c.run(t, "stop", "loadgen")
	c.consoleSays(t, http.StatusServiceUnavailable, "the run ended", "stopped before its end")
	c.run(t, "start", "loadgen")
	c.consoleSays(t, http.StatusOK, tour)
	batch := c.with(map[string]string{
		"LOADGEN_RESTART": "no", "LOADGEN_LOOP": "batch", "LOADGEN_COUNT": "3", "LOADGEN_TARGETS": "GET http://gateway:8080/io/wait?ms=5",
	})
	batch.run(t, "up", "--detach", "--no-build", "--no-deps", "loadgen")
	c.consoleSays(t, http.StatusServiceUnavailable, "the run ended", "batch loop", "3 succeeded")
	c.run(t, "up", "--detach", "--no-build", "--no-deps", "loadgen")
	c.consoleSays(t, http.StatusOK, tour)
}

// consoleSays waits until the console answers for the generator with the status and
// the words, and wants the page, the metrics and the traces to be there meanwhile.
func (c *composition) consoleSays(t *testing.T, status int, words ...string) {
	t.Helper()
	eventually(t, healsWithin, func(ctx context.Context) error {
		got, body, err := c.fromConsole(ctx, "/generator/api/v1/run")
		if err != nil {
			return err
		}
		for _, word := range words {
			if got != status || !strings.Contains(body, word) {
				return fmt.Errorf("the console says of the generator %d %s, not %d with %q", got, body, status, words)
			}
		}
		return nil
	})
	for path, want := range map[string]string{
		"/": "<title>loadlab</title>", "/prometheus/api/v1/query?query=up": `"success"`, "/traces/api/v3/services": `"services"`,
	} {
		if got, body, err := c.fromConsole(t.Context(), path); err != nil || got != http.StatusOK || !strings.Contains(body, want) {
			t.Errorf("the console at %s: %d %.300s %v", path, got, body, err)
		}
	}
}

func (c *composition) fromConsole(ctx context.Context, path string) (status int, body string, err error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, c.url("CONSOLE_PORT")+path, http.NoBody)
	if err != nil {
		return 0, "", err
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return 0, "", err
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	return response.StatusCode, string(text), err
}
