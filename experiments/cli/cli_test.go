package cli_test

import (
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"loadlab/experiments/cli"
	"loadlab/experiments/definition"
	"loadlab/experiments/result"
	"loadlab/experiments/run"
	"loadlab/internal/testkit"
)

const brief = `name: brief
title: A brief one
question: Is it answered?
hypothesis: It is.
given: {most: 1}
services:
  iobound: {settings: {GOMAXPROCS: "1"}}
steps:
  - {name: one, target: "GET {iobound}/", loop: batch, counts: [1], lag: 50ms}
figures:
  - {name: wall, value: one.wall, unit: seconds}
checks:
  - {name: it is answered in time, value: wall, max: most}
explanation: Because.
`

// file holds the definition, and is in a folder of its own.
func file(t *testing.T) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "brief.yaml")
	if err := os.WriteFile(path, []byte(brief), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// command runs a command line whose launcher has one server for every service.
func command(t *testing.T, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	t.Cleanup(server.Close)
	var out, err testkit.Output
	code = cli.Command{
		Program: "lab", Args: args, Getenv: func(string) string { return "" }, Stdout: &out, Stderr: &err,
		Launch: func(ctx context.Context, processes []definition.Process, where definition.Env, use func(context.Context, definition.Env) error) error {
			for _, p := range processes {
				for name := range p.Serve {
					where.Services[name] = definition.Service{URL: server.URL}
				}
			}
			return use(ctx, where)
		},
	}.Run(t.Context())
	return code, out.String(), err.String()
}

func TestRun(t *testing.T) {
	path := file(t)
	for _, row := range []struct {
		name           string
		args           []string
		code           int
		stdout, stderr string // that must be printed
	}{
		{"holds", []string{"run", path}, 0, "brief: HOLDS", "brief: round 1 of 1, one at 1"},
		{"the question", []string{"run", path}, 0, "Is it answered?\n\n", ""},
		{"the mean of a step", []string{"run", path}, 0, "valid\n   one", ""},
		{"each round", []string{"run", path, "-v"}, 0, "round  step", ""},
		{"flags after the name", []string{"run", path, "--given", "most=0"}, 3, "brief: DOES NOT HOLD", ""},
		{"how to repeat it", []string{"run", "--quick", "--given=most=2", path, "--seed", "7"}, 0, "repeat with: lab run --quick --given most=2 --seed 7 " + path, ""},
		{"the worst of several", []string{"run", path, path}, 0, "brief  holds", ""},
		{"unknown constant", []string{"run", path, "--given", "least=0"}, 1, "", `no constant "least"`},
		{"no name", []string{"run"}, 2, "", "names of experiments"},
		{"name and all", []string{"run", "--all", path}, 2, "", "names of experiments"},
		{"every unknown name", []string{"run", "nothing", "never.yaml"}, 2, "", "never.yaml"},
		{"unknown verb", []string{"walk"}, 2, "", "list, explain, run, compare, max"},
		{"list", []string{"list"}, 0, "tutorial-io", ""},
		{"explain", []string{"explain", path}, 0, "Is it answered?", ""},
		{"explain nothing", []string{"explain"}, 2, "", "one experiment"},
	} {
		t.Run(row.name, func(t *testing.T) {
			code, stdout, stderr := command(t, row.args...)
			if code != row.code || !strings.Contains(stdout, row.stdout) || !strings.Contains(stderr, row.stderr) {
				t.Errorf("exit code %d, want %d with %q and %q:\n%s%s", code, row.code, row.stdout, row.stderr, stdout, stderr)
			}
		})
	}
}

func TestResultsAreKept(t *testing.T) {
	folder := filepath.Join(t.TempDir(), "made")
	if code, _, stderr := command(t, "run", file(t), "--out", folder); code != 0 {
		t.Fatal(stderr)
	}
	for _, ending := range []string{"json", "html"} {
		if found, _ := filepath.Glob(filepath.Join(folder, "brief-*."+ending)); len(found) != 1 {
			t.Errorf("%d files end in .%s", len(found), ending)
		}
	}
}

// Another program follows a run by its events.
func TestEvents(t *testing.T) {
	code, stdout, stderr := command(t, "run", file(t), "--events")
	if code != 0 || stderr != "" {
		t.Fatalf("exit code %d, %s", code, stderr)
	}
	var kinds string
	for line := range strings.Lines(stdout) {
		var e run.Event
		if err := json.Unmarshal([]byte(line), &e); err != nil {
			t.Fatalf("%s: %v", line, err)
		}
		switch {
		case !strings.HasPrefix(e.Run, "brief-"):
			t.Errorf("run %q", e.Run)
		case e.Next != nil && e.Next.String() == "round 1 of 1, one at 1" && e.Next.All == 1:
			kinds += "next "
		case e.Measured != nil && e.Measured.Step == "one" && e.Measured.Point.Completed == 1:
			kinds += "measured "
		case e.Ended != nil && e.Ended.Verdict == result.Holds && e.Ended.Answer != "":
			kinds += "ended"
		}
	}
	if kinds != "next measured ended" {
		t.Errorf("%s, of\n%s", kinds, stdout)
	}
}

func TestTableIsReplaced(t *testing.T) {
	path := filepath.Join(t.TempDir(), "page.md")
	const before, after = "# Page\n<!-- verdicts: begin -->\n", "<!-- verdicts: end -->\nEnd.\n"
	if err := os.WriteFile(path, []byte(before+"previous\n"+after), 0o600); err != nil {
		t.Fatal(err)
	}
	if code, _, stderr := command(t, "run", file(t), "--table", path); code != 0 {
		t.Fatal(stderr)
	}
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	table := string(text)
	if !strings.HasPrefix(table, before) || !strings.HasSuffix(table, after) || strings.Contains(table, "previous") {
		t.Errorf("the page around the table is\n%s", table)
	}
	if !strings.Contains(table, "| [brief](#brief) | holds | `wall` 0.0") {
		t.Errorf("the table is\n%s", table)
	}
}

func TestTableNeedsItsMarkers(t *testing.T) {
	path := filepath.Join(t.TempDir(), "page.md")
	if err := os.WriteFile(path, []byte("nothing"), 0o600); err != nil {
		t.Fatal(err)
	}
	if code, _, stderr := command(t, "run", file(t), "--table", path); code != 1 || !strings.Contains(stderr, "verdicts: begin") {
		t.Errorf("exit code %d: %s", code, stderr)
	}
	if text, err := os.ReadFile(path); err != nil || string(text) != "nothing" {
		t.Errorf("the page is %q, %v", text, err)
	}
}

// What was asked for and not run must not look like a success.
func TestInterruptedBeforeAnyExperiment(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	var stdout, stderr testkit.Output
	code := cli.Command{Program: "lab", Args: []string{"run", file(t)}, Getenv: func(string) string { return "" }, Stdout: &stdout, Stderr: &stderr}.Run(ctx)
	if code != 1 || !strings.Contains(stderr.String(), "brief was not run") {
		t.Errorf("exit code %d: %s", code, stderr.String())
	}
}
