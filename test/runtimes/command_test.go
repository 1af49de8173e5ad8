package runtimes

import (
	"os/exec"
	"strings"
	"testing"

	"loadlab/internal/exitcode"
	"loadlab/internal/testkit"
)

// The program of the container: its health check needs no shell.
func TestNetHTTPCommand(t *testing.T) {
	address := "LISTEN_ADDR=" + testkit.FreeAddress(t)
	run := func(args ...string) (string, int) {
		command := exec.CommandContext(t.Context(), testkit.Build(t, "nethttp"), args...)
		command.Env = append(command.Environ(), address)
		out, _ := command.CombinedOutput() // the exit code says it
		return string(out), command.ProcessState.ExitCode()
	}
	check := func(want int, part string, args ...string) {
		t.Helper()
		if out, code := run(args...); code != want || !strings.Contains(out, part) {
			t.Errorf("%v: exit code %d, want %d with %q: %s", args, code, want, part, out)
		}
	}
	check(exitcode.Error, "health check", "--healthcheck")
	p := testkit.Launch(t, "nethttp", nil, address)
	eventually(t, "it serves", func() bool { return len(serving(p)) > 0 })
	check(exitcode.Pass, "", "--healthcheck")
	check(exitcode.Error, "address already in use")
	check(exitcode.Pass, "loadlab ", "--version")
	check(exitcode.Pass, "LISTEN_ADDR", "--help")
	check(exitcode.Usage, "unknown argument", "serve")
	check(exitcode.Usage, "not defined", "--port")
	address = "LOG_LEVEL=loud"
	check(exitcode.Usage, "LOG_LEVEL")
	if code := p.Stop(); code != exitcode.Pass {
		t.Errorf("exit code %d: %s", code, p.Stderr())
	}
}
