package run_test

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"loadlab/experiments/result"
	"loadlab/internal/testkit"
)

// verdict is what the command lab writes of a run.
type verdict struct {
	Verdict  result.Verdict `json:"verdict"`
	Reasons  []string       `json:"reasons"`
	Evidence []struct {
		Name    string         `json:"name"`
		Verdict result.Verdict `json:"verdict"`
	} `json:"evidence"`
}

// labRun runs the definition by the command lab, which starts its services.
func labRun(t *testing.T, text string, args ...string) (outcome verdict, exitCode int) {
	t.Helper()
	folder := t.TempDir()
	file := filepath.Join(folder, "spoiled.yaml")
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	var stdout, stderr strings.Builder
	command := exec.CommandContext(t.Context(), testkit.Build(t, "lab"), append([]string{"run", "--out", folder, file}, args...)...)
	command.Stdout, command.Stderr = &stdout, &stderr
	_ = command.Run() // the exit code says how it ended
	t.Log(stdout.String())
	return readVerdict(t, folder, stderr.String()), command.ProcessState.ExitCode()
}

// readVerdict reads the one result in the folder.
func readVerdict(t *testing.T, folder, stderr string) (outcome verdict) {
	t.Helper()
	written, _ := filepath.Glob(filepath.Join(folder, "*.json")) // the pattern is well-formed
	if len(written) != 1 {
		t.Fatalf("results are %v: %s", written, stderr)
	}
	data, err := os.ReadFile(written[0])
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(data, &outcome); err != nil {
		t.Fatal(err)
	}
	return outcome
}

// edited is an experiment of the catalog with replacements, each of which must be possible.
func edited(t *testing.T, name string, edits ...string) string {
	t.Helper()
	data, err := os.ReadFile("../catalog/" + name + ".yaml")
	if err != nil {
		t.Fatal(err)
	}
	text := string(data)
	for i := 0; i < len(edits); i += 2 {
		if !strings.Contains(text, edits[i]) {
			t.Fatalf("%s has no %q", name, edits[i])
		}
		text = strings.ReplaceAll(text, edits[i], edits[i+1])
	}
	return text
}

// TestSpoiledExperimentsDoNotHold takes the cause of each away, or gives its
// services a setting that the question does not mean.
func TestSpoiledExperimentsDoNotHold(t *testing.T) {
	testkit.RequireQuiet(t)
	const (
		waiting   = "iobound: {}"
		computing = "cpubound: {}"
		oneCore   = `COMPUTE_SLOTS: "1"`
		twoCores  = `COMPUTE_SLOTS: "2"`
		unbounded = `COMPUTE_SLOTS: "0", GOMAXPROCS: "1"`
		coreNeed  = "    metric: lab_compute_cores\n    equals: cores\n"
		slotNeed  = "    metric: lab_compute_slots\n    equals: cores\n"
		// Of bounded-queue.
		oneCoreOnly  = `{settings: {COMPUTE_SLOTS: "1"}}`
		withoutBound = `{settings: {COMPUTE_SLOTS: "1", COMPUTE_QUEUE_TARGET: 0s}}`
		timeNeed     = "    metric: lab_compute_queue_target_seconds\n    equals: timeout\n"
		noneNeed     = "    metric: lab_compute_slots\n    equals: \"0\"\n"
		poolNeed     = "    metric: go_sql_max_open_connections\n    equals: \"1\"\n"
		stall        = "    faults: [{service: iobound, kind: stall, after: 4s, duration: 1s}]\n"
		neighbour    = ", background: {target: \"GET {cpubound}/cpu/spin?ms=20\", concurrency: 4}"
		together     = ", background: {target: \"GET {cpubound_shared}/cpu/spin?ms=20\", concurrency: 4}"
	)
	for _, row := range []struct {
		name, experiment string
		edits            []string
		want             result.Verdict
		check            string // that must not hold
	}{
		{"waits that compute", "tutorial-io", []string{waiting, computing, "{iobound}/io/wait?ms=200", "{cpubound}/cpu/spin?ms=20"},
			result.DoesNotHold, "100 waits at once end within 1.25 waits"},
		{"cores doubled by configuration", "tutorial-cpu", []string{oneCore, twoCores}, result.Invalid, ""},
		{"nothing blocks", "tutorial-blocking", []string{"&blocking=true", ""}, result.DoesNotHold, "concurrency gains nothing"},
		{"waits that compute", "io-scaling", []string{waiting, computing, "{iobound}/io/wait?ms=50", "{cpubound}/cpu/spin?ms=1"},
			result.DoesNotHold, "so it is at 256"},
		{"cores doubled by configuration", "cpu-saturation", []string{oneCore, twoCores}, result.Invalid, ""},
		{"computations that wait", "cpu-saturation", []string{"cpubound: {settings: {" + oneCore + "}}", waiting, coreNeed, "", "service: cpubound", "service: iobound", "{cpubound}/cpu/spin", "{iobound}/io/wait"},
			result.DoesNotHold, "so is the plateau at 32"},
		{"ten times the theory", "queueing", []string{" / md1_wait(", " / 10 / md1_wait("}, result.DoesNotHold, "the mean wait is that of M/D/1"},
		{"no stall", "coordinated-omission", []string{stall, ""}, result.DoesNotHold, "users wait for the stall"},
		{"shedding off", "overload", []string{`, MAX_CONCURRENCY: "4"`, ""}, result.DoesNotHold, "shedding keeps most of the capacity"},
		{"no bound", "bounded-queue", []string{oneCoreOnly, withoutBound}, result.Invalid, ""},
		{"no bound, which it does not ask for", "bounded-queue", []string{oneCoreOnly, withoutBound, timeNeed, ""},
			result.DoesNotHold, "accepted requests take the bound at most"},
		{"a bound in both", "unbounded", []string{unbounded, oneCore}, result.Invalid, ""},
		{"a bound in both, which it does not ask for", "unbounded", []string{unbounded, oneCore, noneNeed, ""},
			result.DoesNotHold, "without a bound half of them take longer than 200 ms"},
		{"a bound in neither", "unbounded", []string{oneCore, unbounded, slotNeed, ""},
			result.DoesNotHold, "probes are answered within 200 ms"},
		{"ten connections", "pool-exhaustion", []string{`MAX_CONNECTIONS: "1"`, `MAX_CONNECTIONS: "10"`}, result.Invalid, ""},
		{"waits without a pool", "pool-exhaustion", []string{`DATABASE_MAX_CONNECTIONS: "1"`, `DATABASE_MAX_CONNECTIONS: "64"`, poolNeed, ""},
			result.DoesNotHold, "the time goes into the queue for the pool"},
		{"cores doubled by configuration", "noisy-neighbour", []string{oneCore, twoCores}, result.Invalid, ""},
		{"no neighbour", "noisy-neighbour", []string{neighbour, "", together, ""}, result.DoesNotHold, "the p99 in one process at least doubles"},
		{"no retries", "retry-storm", []string{`RETRY_MAX: "3"`, `RETRY_MAX: "0"`}, result.DoesNotHold, "without a budget, each failure is retried"},
		{"no retries in either", "error-burst", []string{`RETRY_MAX: "2"`, `RETRY_MAX: "0"`}, result.DoesNotHold, "with retries, they see few"},
		{"no collector takes the traces", "cost-of-observability", []string{`OTEL_EXPORTER_OTLP_ENDPOINT: "{collector}", `, ""}, result.Invalid, ""},
	} {
		t.Run(row.experiment+": "+row.name, func(t *testing.T) {
			outcome, exitCode := labRun(t, edited(t, row.experiment, row.edits...), "--quick")
			if outcome.Verdict == result.Invalid && row.want == result.DoesNotHold {
				t.Logf("the machine is not quiet: %q", outcome.Reasons)
			} else if outcome.Verdict != row.want {
				t.Fatalf("%s, want %s", outcome.Verdict, row.want)
			}
			if exitCode != outcome.Verdict.ExitCode() {
				t.Errorf("exit code %d, want %d", exitCode, outcome.Verdict.ExitCode())
			}
			for _, e := range outcome.Evidence {
				if e.Name == row.check && e.Verdict != result.DoesNotHold {
					t.Errorf("%s: %s", e.Name, e.Verdict)
				}
			}
		})
	}
}

// starving has a load that any generator with a core to itself can offer.
const starving = `name: starving
title: A generator without a core
question: Is a verdict given?
hypothesis: A server answers in time.
steps:
  - {name: load, target: "GET {iobound}/io/wait?ms=5", loop: open, rates: [200], duration: 2s}
checks:
  - {name: in time, value: load.service_p50, max: "1"}
explanation: Because.
`

// TestStarvedGeneratorIsInvalid takes the cores away from a generator, not from its server.
func TestStarvedGeneratorIsInvalid(t *testing.T) {
	testkit.RequireQuiet(t)
	testkit.Require(t, "nice")
	service := testkit.Start(t, "iobound")
	folder := t.TempDir()
	file := filepath.Join(folder, "starving.yaml")
	if err := os.WriteFile(file, []byte(starving), 0o600); err != nil {
		t.Fatal(err)
	}
	var stderr strings.Builder
	command := exec.CommandContext(t.Context(), "nice", "-n", "15", testkit.Build(t, "console"), "run", "--out", folder, file)
	command.Env = append(os.Environ(), "IOBOUND_URL="+service.URL)
	command.Stderr = &stderr
	var hungry sync.WaitGroup
	var fed atomic.Bool
	for range runtime.GOMAXPROCS(0) {
		hungry.Go(func() {
			for !fed.Load() { //nolint:revive // it shall do nothing but use its core
			}
		})
	}
	_ = command.Run() // the exit code says how it ended
	fed.Store(true)
	hungry.Wait()
	outcome := readVerdict(t, folder, stderr.String())
	if outcome.Verdict != result.Invalid || command.ProcessState.ExitCode() != result.Invalid.ExitCode() {
		t.Errorf("%s, exit code %d, want %s", outcome.Verdict, command.ProcessState.ExitCode(), result.Invalid)
	}
	if !strings.Contains(strings.Join(outcome.Reasons, " "), "lag") {
		t.Errorf("the reasons are %q, want the lag of the generator", outcome.Reasons)
	}
}
