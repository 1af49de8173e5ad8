package runtimes

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"loadlab/experiments/result"
	"loadlab/internal/testkit"
	"loadlab/runtimes"
)

const experiments = "../../runtimes/experiments/"

// trial runs an experiment against a server.
type trial struct {
	name, experiment, server string
	environment              []string // of the server
	given                    []string // NAME=NUMBER
	edits                    []string // replacements in the definition, each of which must be possible
	fails                    string   // the check that must not hold; empty if all must hold
}

func trials() []trial {
	const (
		blocking  = "blocking=true"
		threads   = "executor=threads"
		processes = "executor=processes"
	)
	// A twentieth of the time, with as many requests per second as a busy machine can send.
	brief := []string{"rates: [500]", "rates: [300]", "rate: 500", "rate: 300", "ms=20000", "ms=3000", "wait_s: 20", "wait_s: 3",
		"duration: 25s", "duration: 4s", "duration: 6s", "duration: 2s", "duration: 5s", "duration: 2s"}
	return []trial{
		{name: "waits", experiment: "waits", server: "tornado"},
		{name: "waits", experiment: "waits", server: "node"},
		{name: "waits", experiment: "waits", server: "nethttp"},
		{name: "waits that block", experiment: "waits", server: "asyncio",
			edits: []string{"ms=1000", "ms=2&" + blocking, "wait_s: 1", "wait_s: 0.002"}, fails: "100 waits at once end within 1.5 waits"},

		{name: "computations", experiment: "computations", server: "asyncio"},
		{name: "computations", experiment: "computations", server: "node"},
		{name: "computations that are waits", experiment: "computations", server: "asyncio",
			edits: []string{"/spin?ms=50", "/wait?ms=50"}, fails: "concurrency gains nothing"},

		{name: "a blocking call", experiment: "blocking", server: "tornado"},
		{name: "a blocking call", experiment: "blocking", server: "node"},
		{name: "a blocking call without an event loop", experiment: "blocking", server: "nethttp",
			fails: "a request lasts one and a half to two and a half calls on average"},
		{name: "a blocking call in a thread", experiment: "blocking", server: "asyncio",
			edits: []string{blocking, blocking + "&" + threads}, fails: "a request lasts one and a half to two and a half calls on average"},

		{name: "threads and one lock", experiment: "ways-out-threads", server: "asyncio"},
		{name: "threads without a lock", experiment: "ways-out-threads", server: "node", given: []string{"parallel=1"}},
		{name: "one thread", experiment: "ways-out-threads", server: "asyncio", environment: []string{"WORKERS=1"},
			fails: "blocking calls overlap in threads"},
		{name: "computations that need no lock", experiment: "ways-out-threads", server: "asyncio",
			edits: []string{"/spin?ms=250", "/wait?ms=250&" + blocking}, fails: "computations gain nothing, or all cores if parallel is 1"},

		{name: "processes", experiment: "ways-out-processes", server: "uvloop"},
		{name: "threads instead of processes", experiment: "ways-out-processes", server: "uvloop",
			edits: []string{processes, threads}, fails: "computations use the cores"},

		{name: "two processes", experiment: "ways-out-forks", server: "tornado", environment: []string{"PROCESSES=2"}},
		{name: "one process", experiment: "ways-out-forks", server: "tornado", fails: "as many computations at a time as processes"},

		{name: "the cost of a wait", experiment: "cost-of-a-wait", server: "asyncio", edits: brief},
		{name: "the cost of no wait", experiment: "cost-of-a-wait", server: "asyncio",
			edits: append(slices.Clone(brief), "ms=3000", "ms=0"), fails: "as many wait as Little's law says"},
		{name: "the cost of a computation", experiment: "cost-of-a-wait", server: "asyncio",
			edits: append(slices.Clone(brief), "rates: [300]", "rates: [30]", "rate: 300", "rate: 30", "/wait?ms=3000", "/spin?ms=20"),
			fails: "the CPU time of a request does not grow with them"},
	}
}

// Each experiment holds on a server to which its theory applies, and does not
// when its cause is removed.
func TestExperiments(t *testing.T) {
	testkit.RequireQuiet(t)
	for _, row := range trials() {
		t.Run(row.experiment+": "+row.name+" on "+row.server, func(t *testing.T) {
			const attempts = 3 // what disturbs a measurement on a shared machine is rarely there each time
			for attempt := 1; ; attempt++ {
				outcome := row.run(t)
				if row.asExpected(outcome) {
					return
				}
				if attempt == attempts {
					t.Fatalf("%s: %q", outcome.Verdict, outcome.Reasons)
				}
			}
		})
	}
}

// asExpected is also true of an invalid measurement whose check fails as it must:
// the machine was not quiet.
func (row *trial) asExpected(r *result.Result) bool {
	if row.fails == "" {
		return r.Verdict == result.Holds
	}
	failed := slices.ContainsFunc(r.Evidence, func(e result.Evidence) bool { return e.Name == row.fails && e.Verdict == result.DoesNotHold })
	return failed && (r.Verdict == result.DoesNotHold || r.Verdict == result.Invalid)
}

// run starts the server anew, since a process keeps the memory that it has used.
func (row *trial) run(t *testing.T) *result.Result {
	t.Helper()
	server, _ := runtimes.Named(row.server)
	s := startRuntime(t, server, row.environment...)
	defer s.process.Stop()
	folder := t.TempDir()
	args := []string{"run", "--quick", "--out", folder, row.edited(t)}
	for _, constant := range row.given {
		args = append(args, "--given", constant)
	}
	run := exec.CommandContext(t.Context(), testkit.Build(t, "lab"), args...)
	address := strings.TrimSuffix(s.wait, "/wait")
	run.Env = append(run.Environ(), "SERVER_URL="+address, "SERVER_ADMIN_URL="+address)
	out, err := run.CombinedOutput()
	t.Logf("%v\n%s", err, out)
	return readResult(t, folder)
}

func readResult(t *testing.T, folder string) *result.Result {
	t.Helper()
	written, _ := filepath.Glob(filepath.Join(folder, "*.json")) // the pattern is well-formed
	if len(written) != 1 {
		t.Fatalf("results are %v", written)
	}
	data, err := os.ReadFile(written[0])
	if err != nil {
		t.Fatal(err)
	}
	var r result.Result
	if err := json.Unmarshal(data, &r); err != nil {
		t.Fatal(err)
	}
	return &r
}

// edited writes the definition with the row's edits, one after another, and returns the file.
func (row *trial) edited(t *testing.T) string {
	t.Helper()
	data, err := os.ReadFile(experiments + row.experiment + ".yaml")
	if err != nil {
		t.Fatal(err)
	}
	text := string(data)
	for i := 0; i < len(row.edits); i += 2 {
		if !strings.Contains(text, row.edits[i]) {
			t.Fatalf("%s has no %q", row.experiment, row.edits[i])
		}
		text = strings.ReplaceAll(text, row.edits[i], row.edits[i+1])
	}
	file := filepath.Join(t.TempDir(), row.experiment+".yaml")
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

// Every definition is well formed, and has a trial that holds and one that does
// not. The tutorial names the servers on which it holds.
func TestDefinitionsAreTried(t *testing.T) {
	files, err := filepath.Glob(experiments + "*.yaml")
	if err != nil || len(files) == 0 {
		t.Fatalf("%v, %v", files, err)
	}
	page, err := os.ReadFile(tutorial)
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		if out, err := exec.CommandContext(t.Context(), testkit.Build(t, "lab"), "explain", file).CombinedOutput(); err != nil {
			t.Errorf("%s: %v\n%s", file, err, out)
		}
		name := strings.TrimSuffix(filepath.Base(file), ".yaml")
		var holds []string
		fails := false
		for _, row := range trials() {
			if row.experiment != name {
				continue
			}
			row.edited(t)
			if row.fails != "" {
				fails = true
			} else {
				holds = append(holds, "`"+row.server+"`")
			}
		}
		if len(holds) == 0 || !fails {
			t.Errorf("%s: a trial holds on %v, and one does not: %v", file, holds, fails)
		}
		if want := strings.Join(holds, ", "); triedOn(page, name) != want {
			t.Errorf("%s: the tutorial has it tried on %s, and the trials are on %s", file, triedOn(page, name), want)
		}
	}
}

// triedOn is the column of the tutorial's table with the servers of an experiment.
func triedOn(page []byte, experiment string) string {
	for line := range strings.Lines(string(page)) {
		if cells := strings.Split(line, " | "); len(cells) == 5 && cells[0] == "| `"+experiment+"`" {
			return cells[3]
		}
	}
	return "no server"
}
