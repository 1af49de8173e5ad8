package runtimes

import (
	"net/http"
	"os/exec"
	"strings"
	"syscall"
	"testing"

	"loadlab/internal/exitcode"
	"loadlab/internal/testkit"
	"loadlab/runtimes"
)

// At SIGTERM a request in progress is answered, and the process ends without an error.
func TestSIGTERMLetsRequestsEnd(t *testing.T) {
	for _, server := range runtimes.All() {
		t.Run(server.Name, func(t *testing.T) { checkSIGTERM(t, startRuntime(t, server)) })
	}
}

func checkSIGTERM(t *testing.T, s *subject) {
	answered := make(chan int, 1)
	go func() {
		r, err := try(t, http.MethodGet, s.wait+"?ms=1000", "")
		if err != nil {
			t.Error(err)
		}
		answered <- r.status
	}()
	eventually(t, "the request is in progress", func() bool {
		return testkit.Metrics(t, s.metrics).Sum("http_server_active_requests", nil) > 0
	})
	if code := s.process.Stop(); code != exitcode.Pass {
		t.Errorf("exit code %d: %s", code, s.process.Stderr())
	}
	if status := <-answered; status != http.StatusOK {
		t.Errorf("status %d", status)
	}
}

// A server ends with the lab that started it: its standard input ends then.
func TestEndsWithItsLifeline(t *testing.T) {
	for _, server := range runtimes.All() {
		t.Run(server.Name, func(t *testing.T) {
			requireServer(t, server)
			if state := launch(t, server, "LAB_LIFELINE=stdin").Wait(); state.ExitCode() != exitcode.Pass {
				t.Errorf("ended with %v", state)
			}
		})
	}
}

// A signal may also come while the lab is there, as with Ctrl-C in its terminal.
func TestSIGTERMEndsAServerOfALabThatIsThere(t *testing.T) {
	for _, server := range runtimes.All() {
		t.Run(server.Name, func(t *testing.T) {
			requireServer(t, server)
			var stdout, stderr testkit.Output
			command := exec.CommandContext(t.Context(), testkit.Build(t, "lab"), "runtime", server.Name)
			command.Env = append(command.Environ(), "LISTEN_ADDR=127.0.0.1:0", "LAB_DATA="+t.TempDir(), "LAB_LIFELINE=stdin")
			command.Stdout, command.Stderr = &stdout, &stderr
			if _, err := command.StdinPipe(); err != nil {
				t.Fatal(err)
			}
			if err := command.Start(); err != nil {
				t.Fatal(err)
			}
			eventually(t, "it serves", func() bool { return strings.Contains(stdout.String(), `"serving"`) })
			if err := command.Process.Signal(syscall.SIGTERM); err != nil {
				t.Error(err)
			}
			if err := command.Wait(); err != nil {
				t.Errorf("ended with %v: %s", err, stderr.String())
			}
		})
	}
}
