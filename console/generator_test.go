package console_test

import (
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"loadlab/console"
	"loadlab/internal/lastexit"
)

func TestWhyTheGeneratorIsAway(t *testing.T) {
	at := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	for _, row := range []struct {
		name   string
		mode   string
		exit   *lastexit.Exit
		status int
		says   []string
	}{
		{"nothing is known", console.ModeContainers, nil, http.StatusBadGateway, []string{"the load generator does not answer"}},
		{"refused", console.ModeContainers, &lastexit.Exit{Time: at, Code: 2, Messages: []string{"one", "two"}}, http.StatusServiceUnavailable,
			[]string{"refused to start at 2026-01-02 03:04:05 UTC: one; two. Correct the value, then docker compose up -d"}},
		{"failed", console.ModeContainers, &lastexit.Exit{Time: at, Code: 1, Messages: []string{"one"}}, http.StatusServiceUnavailable,
			[]string{"failed at 2026-01-02 03:04:05 UTC: one"}},
		{"passed", console.ModeContainers, &lastexit.Exit{Time: at, Code: 0, Messages: []string{"run r1"}}, http.StatusServiceUnavailable,
			[]string{"the run ended at 2026-01-02 03:04:05 UTC: run r1. For another run: docker compose up -d"}},
		{"missed its thresholds", console.ModeContainers, &lastexit.Exit{Time: at, Code: 3, Messages: []string{"run r1"}}, http.StatusServiceUnavailable,
			[]string{"the run ended at"}},
		{"ended in the lab", console.ModeLab, &lastexit.Exit{Time: at, Code: 4, Messages: []string{"run r1"}}, http.StatusServiceUnavailable,
			[]string{"the run ended at", "For another run: start the lab again"}},
	} {
		t.Run(row.name, func(t *testing.T) {
			folder := t.TempDir()
			if row.exit != nil {
				if err := lastexit.Write(folder, "loadgen", *row.exit); err != nil {
					t.Fatal(err)
				}
			}
			l := open(t, console.Config{Mode: row.mode, Generator: console.Upstream{URL: "http://127.0.0.1:1"}, Reports: folder})
			for _, path := range []string{"/generator/api/v1/run", "/generator/api/v1/run/events"} {
				answer := l.get(t, path)
				if answer.status != row.status {
					t.Errorf("%s: status %d, want %d", path, answer.status, row.status)
				}
				for _, part := range row.says {
					if !strings.Contains(answer.body, part) {
						t.Errorf("%s: %q is not in %s", path, part, answer.body)
					}
				}
			}
		})
	}
}

// A generator that answers is believed, whatever an earlier one has left.
func TestARecordDoesNotHideARunningGenerator(t *testing.T) {
	folder := t.TempDir()
	if err := lastexit.Write(folder, "loadgen", lastexit.Exit{Code: 2, Messages: []string{"one"}}); err != nil {
		t.Fatal(err)
	}
	l := open(t, console.Config{Generator: console.Upstream{URL: echo(t, "generator").URL}, Reports: folder})
	if answer := l.get(t, "/generator/api/v1/run"); answer.status != http.StatusOK || !strings.Contains(answer.body, `"Upstream":"generator"`) {
		t.Errorf("%d %s", answer.status, answer.body)
	}
}

func TestARecordThatCannotBeReadHidesNothing(t *testing.T) {
	folder := t.TempDir()
	if err := os.WriteFile(filepath.Join(folder, "loadgen.exit"), []byte("{"), 0o600); err != nil {
		t.Fatal(err)
	}
	l := open(t, console.Config{Generator: console.Upstream{URL: "http://127.0.0.1:1"}, Reports: folder})
	if answer := l.get(t, "/generator/api/v1/run"); answer.status != http.StatusBadGateway || !strings.Contains(answer.body, "does not answer") {
		t.Errorf("%d %s", answer.status, answer.body)
	}
}
