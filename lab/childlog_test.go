package lab

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

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
		{"a full disk", `{"time":"now","level":"ERROR","msg":"Scrape commit failed","err":"write x: no space left on device"}` + "\n",
			"iobound    | the disk is full: samples and logs are lost until there is room; see --data and LAB_DISK_MB\n"},
		{"an error of slog", `{"time":"now","level":"ERROR","msg":"Failed","err":"why"}` + "\n", "iobound    | error: Failed: why\n"},
		{"the same twice", "trouble\ntrouble\n", "iobound    | trouble\n"},
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
	for i := range 100 {
		fmt.Fprintln(log, "trouble", i)
	}
	now = now.Add(time.Second)
	fmt.Fprintln(log, "trouble again")
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
