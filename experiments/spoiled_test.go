package experiments_test

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

	"loadlab/experiments"
	"loadlab/internal/testkit"
)

// verdict is what the command lab writes of a run.
type verdict struct {
	Verdict  experiments.Verdict `json:"verdict"`
	Reasons  []string            `json:"reasons"`
	Evidence []struct {
		Name    string              `json:"name"`
		Verdict experiments.Verdict `json:"verdict"`
	} `json:"evidence"`
}

// labRun runs the definition by the command lab, which starts its services.
func labRun(t *testing.T, text string, args ...string) (result verdict, exitCode int) {
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
func readVerdict(t *testing.T, folder, stderr string) (result verdict) {
	t.Helper()
	written, _ := filepath.Glob(filepath.Join(folder, "*.json")) // the pattern is well-formed
	if len(written) != 1 {
		t.Fatalf("results are %v: %s", written, stderr)
	}
	data, err := os.ReadFile(written[0])
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(data, &result); err != nil {
		t.Fatal(err)
	}
	return result
}

// edited is an experiment of the catalog with replacements, each of which must be possible.
func edited(t *testing.T, name string, edits ...string) string {
	t.Helper()
	data, err := os.ReadFile("catalog/" + name + ".yaml")
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
		noneNeed  = "    metric: lab_compute_slots\n    equals: \"0\"\n"
		poolNeed  = "    metric: go_sql_max_open_connections\n    equals: \"1\"\n"
		stall     = "    faults: [{service: iobound, kind: stall, after: 4s, duration: 1s}]\n"
		neighbour = ", beside: {target: \"GET {cpubound}/cpu/spin?ms=20\", concurrency: 4}"
		together  = ", beside: {target: \"GET {cpubound_shared}/cpu/spin?ms=20\", concurrency: 4}"
	)
	for _, row := range []struct {
		name, experiment string
		edits            []string
		want             experiments.Verdict
		check            string // that must not hold
	}{
		{"waits that compute", "tutorial-io", []string{waiting, computing, "{iobound}/io/wait?ms=200", "{cpubound}/cpu/spin?ms=20"},
			experiments.DoesNotHold, "100 waits at once end within 1.25 waits"},
		{"cores doubled by configuration", "tutorial-cpu", []string{oneCore, twoCores}, experiments.Invalid, ""},
		{"nothing blocks", "tutorial-blocking", []string{"&blocking=true", ""}, experiments.DoesNotHold, "concurrency gains nothing"},
		{"waits that compute", "io-scaling", []string{waiting, computing, "{iobound}/io/wait?ms=50", "{cpubound}/cpu/spin?ms=1"},
			experiments.DoesNotHold, "at 256 it is"},
		{"cores doubled by configuration", "cpu-saturation", []string{oneCore, twoCores}, experiments.Invalid, ""},
		{"computations that wait", "cpu-saturation", []string{"cpubound: {settings: {" + oneCore + "}}", waiting, coreNeed, "", "service: cpubound", "service: iobound", "{cpubound}/cpu/spin", "{iobound}/io/wait"},
			experiments.DoesNotHold, "the plateau at 32 is"},
		{"ten times the theory", "queueing", []string{" / md1_wait(", " / 10 / md1_wait("}, experiments.DoesNotHold, "the mean wait is that of M/D/1"},
		{"no stall", "coordinated-omission", []string{stall, ""}, experiments.DoesNotHold, "users wait for the stall"},
		{"shedding off", "overload", []string{`, MAX_CONCURRENCY: "4"`, ""}, experiments.DoesNotHold, "shedding keeps most of the capacity"},
		{"a bound in both", "unbounded", []string{unbounded, oneCore}, experiments.Invalid, ""},
		{"a bound in both, which it does not ask for", "unbounded", []string{unbounded, oneCore, noneNeed, ""},
			experiments.DoesNotHold, "without a bound half of them take longer than 200 ms"},
		{"a bound in neither", "unbounded", []string{oneCore, unbounded, slotNeed, ""},
			experiments.DoesNotHold, "probes are answered within 200 ms"},
		{"ten connections", "pool-exhaustion", []string{`MAX_CONNECTIONS: "1"`, `MAX_CONNECTIONS: "10"`}, experiments.Invalid, ""},
		{"waits without a pool", "pool-exhaustion", []string{`DATABASE_MAX_CONNECTIONS: "1"`, `DATABASE_MAX_CONNECTIONS: "64"`, poolNeed, ""},
			experiments.DoesNotHold, "the time goes into the queue for the pool"},
		{"cores doubled by configuration", "noisy-neighbour", []string{oneCore, twoCores}, experiments.Invalid, ""},
		{"no neighbour", "noisy-neighbour", []string{neighbour, "", together, ""}, experiments.DoesNotHold, "the p99 in one process at least doubles"},
		{"no retries", "retry-storm", []string{`RETRY_MAX: "3"`, `RETRY_MAX: "0"`}, experiments.DoesNotHold, "without a budget each failure is tried again"},
		{"nobody takes the traces", "cost-of-observability", []string{`OTEL_EXPORTER_OTLP_ENDPOINT: "{collector}", `, ""}, experiments.Invalid, ""},
	} {
		t.Run(row.experiment+": "+row.name, func(t *testing.T) {
			result, exitCode := labRun(t, edited(t, row.experiment, row.edits...), "--quick")
			if result.Verdict == experiments.Invalid && row.want == experiments.DoesNotHold {
				t.Logf("the machine is not quiet: %q", result.Reasons)
			} else if result.Verdict != row.want {
				t.Fatalf("%s, want %s", result.Verdict, row.want)
			}
			if exitCode != result.Verdict.ExitCode() {
				t.Errorf("exit code %d, want %d", exitCode, result.Verdict.ExitCode())
			}
			for _, e := range result.Evidence {
				if e.Name == row.check && e.Verdict != experiments.DoesNotHold {
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
	command := exec.CommandContext(t.Context(), "nice", "-n", "15", testkit.Build(t, "loadgen"), "run", "--out", folder, file)
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
	result := readVerdict(t, folder, stderr.String())
	if result.Verdict != experiments.Invalid || command.ProcessState.ExitCode() != experiments.Invalid.ExitCode() {
		t.Errorf("%s, exit code %d, want %s", result.Verdict, command.ProcessState.ExitCode(), experiments.Invalid)
	}
	if !strings.Contains(strings.Join(result.Reasons, " "), "lag") {
		t.Errorf("the reasons are %q, want the lag of the generator", result.Reasons)
	}
}
