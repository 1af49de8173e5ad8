package lab_test

import (
	"encoding/json"
	"net"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"loadlab/internal/testkit"
)

// waiting is an experiment whose length is that of its steps: 0.1 s, or with steps 20 times as long.
const waiting = `name: waiting
title: Two processes
question: Are they started with their settings?
hypothesis: They are.
services:
  iobound: {}
  caller: {of: gateway, settings: {IOBOUND_URL: "{iobound}"}}
  cpubound: {with: caller}
needs:
  - {service: cpubound, setting: two cores, metric: lab_compute_cores, equals: "2"}
steps:
  - {name: called, target: "GET {caller}/io/wait?ms=20", loop: batch, counts: [4], lag: 50ms}
  - {name: computed, target: "GET {cpubound}/cpu/spin?ms=1", loop: batch, counts: [1], lag: 50ms, watch: iobound}
checks:
  - {name: all are answered, value: called.ok + computed.ok, min: "5"}
explanation: Because.
`

// runs is a `lab run` of an edited definition, with a temporary folder of its own.
type runs struct {
	*testkit.Process
	temp, out string
}

func startRun(t *testing.T, edits ...string) runs {
	t.Helper()
	r := runs{temp: t.TempDir(), out: t.TempDir()}
	file := filepath.Join(r.out, "waiting.yaml")
	text := strings.NewReplacer(append(edits, "IOBOUND_URL: ", `COMPUTE_SLOTS: "2", IOBOUND_URL: `)...).Replace(waiting)
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	r.Process = testkit.Launch(t, "lab", []string{"run", file, "--out", r.out}, "TMPDIR="+r.temp)
	return r
}

// nothingLeft fails when a folder or a service of the run is still there.
func (r runs) nothingLeft(t *testing.T) (verdict string) {
	t.Helper()
	if left, _ := filepath.Glob(filepath.Join(r.temp, "*")); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
	written, _ := filepath.Glob(filepath.Join(r.out, "waiting-*.json"))
	if len(written) != 1 {
		t.Fatalf("results %v:\n%s%s", written, r.Stdout(), r.Stderr())
	}
	data, err := os.ReadFile(written[0])
	if err != nil {
		t.Fatal(err)
	}
	var result struct {
		Verdict  string            `json:"verdict"`
		Services map[string]string `json:"services"`
	}
	if err := json.Unmarshal(data, &result); err != nil || len(result.Services) != 3 {
		t.Fatalf("services %v, %v", result.Services, err)
	}
	for name, url := range result.Services {
		if conn, err := net.Dial("tcp", strings.TrimPrefix(url, "http://")); err == nil {
			_ = conn.Close()
			t.Errorf("%s still listens at %s", name, url)
		}
	}
	return result.Verdict
}

func TestRunStartsWhatItNeeds(t *testing.T) {
	t.Parallel()
	r := startRun(t)
	if code := r.Wait().ExitCode(); code != 0 {
		t.Errorf("exit code %d:\n%s%s", code, r.Stdout(), r.Stderr())
	}
	if verdict := r.nothingLeft(t); verdict != "holds" {
		t.Errorf("%s:\n%s", verdict, r.Stdout())
	}
}

func TestInterruptedRunKeepsWhatItMeasured(t *testing.T) {
	t.Parallel()
	r := startRun(t, "ms=1\"", "ms=10000\"")
	for deadline := time.Now().Add(patience); !strings.Contains(r.Stderr(), "computed at 1"); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("it never came to the second step:\n%s", r.Stderr())
		}
	}
	r.Signal(syscall.SIGINT)
	if code := r.Wait().ExitCode(); code != 1 {
		t.Errorf("exit code %d", code)
	}
	if verdict := r.nothingLeft(t); verdict != "incomplete" || !strings.Contains(r.Stdout(), "called") {
		t.Errorf("%s:\n%s", verdict, r.Stdout())
	}
}

func TestRunSaysWhyAServiceDoesNotStart(t *testing.T) {
	t.Parallel()
	r := startRun(t, "iobound: {}", "iobound: {settings: {LOG_LEVEL: loud}}")
	if code := r.Wait().ExitCode(); code != 1 || !strings.Contains(r.Stderr(), "LOG_LEVEL") {
		t.Errorf("exit code %d: %s", code, r.Stderr())
	}
	if left, _ := filepath.Glob(filepath.Join(r.temp, "*")); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
}
