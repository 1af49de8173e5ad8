package lab

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"
)

func TestRemovesWhatKilledLabsLeft(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("whether a process runs cannot be found out on Windows")
	}
	const noProcess = 1 << 30 // above every system's largest id
	dir := t.TempDir()
	for name, stays := range map[string]bool{
		fmt.Sprintf("%s%d-a", temporaryPrefix, noProcess):   false,
		fmt.Sprintf("%s%d-b", temporaryPrefix, os.Getpid()): true,
		temporaryPrefix + "iobound-123":                     true, // a service's own
		"other-1-c":                                         true,
	} {
		path := filepath.Join(dir, name)
		if err := os.Mkdir(path, 0o755); err != nil {
			t.Fatal(err)
		}
		removeAbandoned(dir)
		if _, err := os.Stat(path); (err == nil) != stays {
			t.Errorf("%s: stays should be %t, but: %v", name, stays, err)
		}
	}
}

func TestLogFileIsBounded(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x.log")
	file := &boundedFile{path: path, limit: 100}
	defer file.close()
	for i := range 1000 {
		if _, err := fmt.Fprintf(file, "line %4d\n", i); err != nil {
			t.Fatal(err)
		}
	}
	now, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	before, err := os.ReadFile(path + ".1")
	if err != nil {
		t.Fatal(err)
	}
	both := string(before) + string(now)
	if len(now) > 100 || len(before) > 100 || !strings.HasSuffix(both, "line  998\nline  999\n") {
		t.Errorf("%q and %q", before, now)
	}
}

func TestWhatTheTerminalShows(t *testing.T) {
	for _, row := range []struct{ name, written, want string }{
		{"an access log line", `{"level":"info","msg":"request"}` + "\n", ""},
		{"a warning", `{"level":"warn","msg":"queue full","error":"late"}` + "\n", "iobound    | warn: queue full: late\n"},
		{"plain text", "panic: oh\n", "iobound    | panic: oh\n"},
		{"half a line", "panic", ""},
		{"a blank line", "\n", ""},
	} {
		t.Run(row.name, func(t *testing.T) {
			var terminal bytes.Buffer
			log := newChildLog("iobound", filepath.Join(t.TempDir(), "x.log"), &terminal)
			defer log.close()
			if _, err := log.Write([]byte(row.written)); err != nil || terminal.String() != row.want {
				t.Errorf("%q, %v; want %q", terminal.String(), err, row.want)
			}
		})
	}
}

func TestTheTerminalIsNotFlooded(t *testing.T) {
	var terminal bytes.Buffer
	log := newChildLog("iobound", filepath.Join(t.TempDir(), "x.log"), &terminal)
	defer log.close()
	now := time.Unix(1000, 0)
	log.now = func() time.Time { return now }
	for range 100 {
		fmt.Fprintln(log, "trouble")
	}
	now = now.Add(time.Second)
	fmt.Fprintln(log, "trouble")
	if n := strings.Count(terminal.String(), "trouble"); n != linesPerSecond+1 || !strings.Contains(terminal.String(), "80 further lines") {
		t.Errorf("%d lines: %s", n, terminal.String())
	}
}

// A disk without room costs log lines, never the process that writes them.
func TestLogWithoutAFile(t *testing.T) {
	var terminal bytes.Buffer
	log := newChildLog("iobound", "/nowhere/at/all", &terminal)
	defer log.close()
	if n, err := log.Write([]byte("trouble\n")); n != 8 || err != nil || !strings.Contains(terminal.String(), "trouble") {
		t.Errorf("%d, %v, %q", n, err, terminal.String())
	}
}
