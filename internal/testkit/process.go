package testkit

import (
	"errors"
	"net/http"
	"os"
	"os/exec"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"
)

const (
	startLimit = 30 * time.Second // from the start of a process to its readiness
	stopLimit  = 30 * time.Second // from a signal to the end of a process
	pollEvery  = 5 * time.Millisecond
)

// Process is a command of ours that runs.
type Process struct {
	URL      string // of the traffic listener, without a slash at the end
	AdminURL string // of the admin listener, likewise

	t      testing.TB
	cmd    *exec.Cmd
	stdout Output
	stderr Output
	ended  chan struct{} // closed when the process has ended and its output is read
}

// Start runs cmd/<command> on free loopback ports with environment, a list of
// NAME=value on top of nothing but PATH, HOME and TMPDIR. It returns when the
// process is ready. What still runs when the test ends is ended then.
//
// The addresses are read from the log line "serving", so LOG_LEVEL must let it
// through; letting the process choose its ports leaves no race for them.
func Start(t testing.TB, command string, environment ...string) *Process {
	t.Helper()
	return StartUnder(t, nil, command, environment...)
}

// StartUnder is Start by another program, such as an emulator, which gets the
// path of the command as the last of its arguments.
func StartUnder(t testing.TB, program []string, command string, environment ...string) *Process {
	t.Helper()
	line := append(slices.Clone(program), Build(t, command))
	p := run(t, line, append([]string{"LISTEN_ADDR=127.0.0.1:0", "ADMIN_ADDR=127.0.0.1:0"}, environment...))
	p.poll("its log line \"serving\"", func() bool {
		for _, line := range p.Log() {
			if line["msg"] == "serving" {
				p.URL, _ = line["address"].(string)
				p.AdminURL, _ = line["admin"].(string)
				return true
			}
		}
		return false
	})
	p.URL, p.AdminURL = "http://"+p.URL, "http://"+p.AdminURL
	p.poll("readiness", func() bool {
		response, err := http.Get(p.AdminURL + "/readyz")
		if err != nil {
			return false
		}
		_ = response.Body.Close()
		return response.StatusCode == http.StatusOK
	})
	return p
}

// StartConsole runs cmd/console on a free loopback port with environment, as for
// Start. It returns when the console has printed its address, which is the URL.
func StartConsole(t testing.TB, environment ...string) *Process {
	t.Helper()
	p := Launch(t, "console", nil, append([]string{"CONSOLE_ADDR=127.0.0.1:0"}, environment...)...)
	p.poll("address of the console", func() bool {
		_, rest, found := strings.Cut(p.Stderr(), "console: ")
		address, _, whole := strings.Cut(rest, "\n")
		p.URL = address
		return found && whole
	})
	return p
}

// Launch runs cmd/<command> with args and environment in an empty folder and
// does not wait for anything.
func Launch(t testing.TB, command string, args []string, environment ...string) *Process {
	t.Helper()
	return run(t, append([]string{Build(t, command)}, args...), environment)
}

func run(t testing.TB, line, environment []string) *Process {
	t.Helper()
	p := &Process{t: t, cmd: exec.Command(line[0], line[1:]...), ended: make(chan struct{})}
	p.cmd.Stdout, p.cmd.Stderr = &p.stdout, &p.stderr
	p.cmd.Dir = t.TempDir()
	for _, name := range []string{"PATH", "HOME", "TMPDIR"} {
		p.cmd.Env = append(p.cmd.Env, name+"="+os.Getenv(name))
	}
	p.cmd.Env = append(p.cmd.Env, environment...)
	if err := p.cmd.Start(); err != nil {
		t.Fatalf("start %v: %v", line, err)
	}
	go func() {
		_ = p.cmd.Wait() // how it ended is in ProcessState
		close(p.ended)
	}()
	t.Cleanup(p.cleanUp)
	return p
}

func (p *Process) poll(what string, done func() bool) {
	p.t.Helper()
	for deadline := time.Now().Add(startLimit); !done(); time.Sleep(pollEvery) {
		select {
		case <-p.ended:
			p.t.Fatalf("the process ended before %s: exit code %d, %s", what, p.cmd.ProcessState.ExitCode(), p.stderr.String())
		default:
		}
		if time.Now().After(deadline) {
			p.t.Fatalf("no %s within %v", what, startLimit)
		}
	}
}

// Pid is the process's id.
func (p *Process) Pid() int { return p.cmd.Process.Pid }

// Signal sends sig to the process.
func (p *Process) Signal(sig os.Signal) {
	p.t.Helper()
	if err := p.cmd.Process.Signal(sig); err != nil {
		p.t.Fatalf("signal the process: %v", err)
	}
}

// Stop ends the process with SIGTERM and returns its exit code.
func (p *Process) Stop() int {
	p.t.Helper()
	p.Signal(syscall.SIGTERM)
	return p.Wait().ExitCode()
}

// Ended reports whether the process has ended.
func (p *Process) Ended() bool {
	select {
	case <-p.ended:
		return true
	default:
		return false
	}
}

// Wait returns how the process ended. It fails the test when that takes more
// than half a minute.
func (p *Process) Wait() *os.ProcessState {
	p.t.Helper()
	select {
	case <-p.ended:
	case <-time.After(stopLimit):
		p.t.Fatalf("the process did not end within %v", stopLimit)
	}
	return p.cmd.ProcessState
}

func (p *Process) cleanUp() {
	select {
	case <-p.ended:
	default:
		if err := p.cmd.Process.Kill(); err != nil && !errors.Is(err, os.ErrProcessDone) {
			p.t.Errorf("kill the process: %v", err)
		}
		<-p.ended
	}
	if p.t.Failed() {
		p.t.Logf("stderr of %s:\n%s", p.cmd.Path, tail(p.stderr.String()))
		p.t.Logf("stdout of %s:\n%s", p.cmd.Path, tail(p.stdout.String()))
	}
}

// tail keeps the end: as much as the report of a failure should show.
func tail(text string) string {
	const most = 4 << 10
	if len(text) > most {
		return "…" + text[len(text)-most:]
	}
	return text
}

// Stdout returns what the process has written to its standard output so far.
func (p *Process) Stdout() string { return p.stdout.String() }

// Stderr returns what the process has written to its standard error so far.
func (p *Process) Stderr() string { return p.stderr.String() }

// Log returns the JSON lines of the standard output so far.
func (p *Process) Log() []map[string]any { return ParseLog(p.t, p.stdout.String()) }
