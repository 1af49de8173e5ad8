//go:build unix

package cli_test

import (
	"bytes"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/charmbracelet/x/vt"
	"github.com/creack/pty"

	"loadlab/internal/testkit"
)

// A session is a process on a real pseudo-terminal, whose output an emulated terminal draws.
type session struct {
	*exec.Cmd
	file *os.File
	mu   sync.Mutex
	term *vt.Emulator
	raw  bytes.Buffer
	done chan struct{}
}

// onTerminal starts loadgen on a terminal of that size, with an environment of its own.
func onTerminal(t *testing.T, columns, rows int, environment []string, args ...string) *session {
	t.Helper()
	command := exec.Command(testkit.Build(t, "loadgen"), args...)
	command.Env = append([]string{"PATH=/usr/bin:/bin", "TERM=xterm-256color"}, environment...)
	return startOnTerminal(t, columns, rows, command)
}

func startOnTerminal(t *testing.T, columns, rows int, command *exec.Cmd) *session {
	t.Helper()
	s := &session{Cmd: command, term: vt.NewEmulator(columns, rows), done: make(chan struct{})}
	file, err := pty.StartWithSize(s.Cmd, &pty.Winsize{Cols: uint16(columns), Rows: uint16(rows)})
	if err != nil {
		t.Fatal(err)
	}
	s.file = file
	go func() {
		defer close(s.done)
		buffer := make([]byte, 64<<10)
		for {
			n, err := file.Read(buffer)
			s.mu.Lock()
			s.raw.Write(buffer[:n])
			_, _ = s.term.Write(buffer[:n]) // the emulator takes everything
			s.mu.Unlock()
			if err != nil {
				return // the process has ended
			}
		}
	}()
	t.Cleanup(func() {
		_ = s.Process.Kill()
		_ = s.Wait()
		_ = file.Close()
		<-s.done
	})
	return s
}

// typed sends what a user types.
func (s *session) typed(t *testing.T, text string) {
	t.Helper()
	if _, err := s.file.WriteString(text); err != nil {
		t.Fatal(err)
	}
}

func (s *session) shown() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.term.String()
}

// until waits for a text on the terminal, and returns what it shows then.
func (s *session) until(t *testing.T, want string) string {
	t.Helper()
	for deadline := time.Now().Add(time.Minute); ; time.Sleep(20 * time.Millisecond) {
		text := s.shown()
		if strings.Contains(text, want) {
			return text
		}
		if time.Now().After(deadline) {
			t.Fatalf("no %q on the terminal:\n%s", want, text)
		}
	}
}

// ended waits for the end of the process, and returns all that it has written.
func (s *session) ended(t *testing.T) string {
	t.Helper()
	select {
	case <-s.done:
	case <-time.After(time.Minute):
		t.Fatal("the process does not end")
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.raw.String()
}

// slow is a server whose replies take 50 ms; /missing is not there.
func slow(t *testing.T) string {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		select {
		case <-time.After(50 * time.Millisecond):
		case <-r.Context().Done():
		}
		if r.URL.Path == "/missing" {
			w.WriteHeader(http.StatusNotFound)
		}
	}))
	t.Cleanup(server.Close)
	return server.URL
}

// A user types loadgen URL, resizes the terminal, then presses Ctrl-C.
func TestARunOnATerminal(t *testing.T) {
	t.Parallel()
	url := slow(t)
	s := onTerminal(t, 80, 24, nil, "-z", "10m", url, url+"/missing")
	text := s.until(t, "404: ")
	for _, want := range []string{"closed loop, 10 at a time", "progress   [", " of 10m0s", "rate ", "p50 ", "p99.9 ", "failed ", "###"} {
		if !strings.Contains(text, want) {
			t.Errorf("no %q on the terminal:\n%s", want, text)
		}
	}
	if strings.Count(text, "progress") != 1 {
		t.Errorf("not redrawn in place:\n%s", text)
	}
	s.mu.Lock()
	s.term = vt.NewEmulator(40, 20)
	s.mu.Unlock()
	if err := pty.Setsize(s.file, &pty.Winsize{Cols: 40, Rows: 20}); err != nil {
		t.Fatal(err)
	}
	s.until(t, "p99.9 ") // in its second line at 40 columns
	s.typed(t, "\x03")   // Ctrl-C
	text = s.ended(t)
	_, text, _ = strings.Cut(text, "\x1b[H\x1b[2J") // since the terminal is smaller
	drawn, summary, _ := strings.Cut(text, "valid ")
	for line := range strings.SplitSeq(drawn, "\r\r\n") {
		if _, after, ok := strings.Cut(line, "m"); ok && strings.HasPrefix(line, "\x1b[") {
			line = strings.TrimSuffix(after, "\x1b[0m")
		}
		if utf8.RuneCountInString(line) > 45 { // the sequences that go back are not drawn
			t.Errorf("more than 40 columns: %q", line)
		}
	}
	if !strings.Contains(summary, "interrupted") || !strings.Contains(summary, "statuses") {
		t.Errorf("no report at the end:\n%s", text)
	}
}

// Wherever the state cannot be redrawn, there are plain lines, without any sequence.
func TestPlainOutput(t *testing.T) {
	url := slow(t)
	for _, row := range []struct {
		name        string
		environment []string
		args        []string
		screen      bool
		colours     bool
	}{
		{"a terminal", nil, nil, true, true},
		{"NO_COLOR", []string{"NO_COLOR=1"}, nil, true, false},
		{"TERM=dumb", []string{"TERM=dumb"}, nil, false, false},
		{"results of a batch", nil, []string{"--loop=batch", "--count=5"}, false, false},
		{"spans on the terminal", []string{"OTEL_TRACES_EXPORTER=console"}, nil, false, false},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			text := onTerminal(t, 80, 24, row.environment, append(row.args, "-z", "3s", url)...).ended(t)
			if drawn := strings.Contains(text, "progress   ["); drawn != row.screen {
				t.Errorf("drawn is %v:\n%s", drawn, text)
			}
			if colours := strings.Contains(text, "\x1b[32m"); colours != row.colours {
				t.Errorf("colours are %v:\n%q", colours, text)
			}
			if !row.screen && strings.Contains(text, "\x1b") || !strings.Contains(text, "valid ") {
				t.Errorf("a sequence, or no report:\n%q", text)
			}
		})
	}
	t.Run("no terminal", func(t *testing.T) {
		t.Parallel()
		p := testkit.Launch(t, "loadgen", []string{"-z", "1200ms", url})
		p.Wait()
		if text := p.Stdout() + p.Stderr(); strings.Contains(text, "\x1b") || !strings.Contains(text, "1s load ") || !strings.Contains(text, "statuses   200: ") {
			t.Errorf("got\n%s", text)
		}
	})
}
