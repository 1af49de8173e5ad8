//go:build linux

package lab

import (
	"fmt"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"loadlab/internal/testkit"
	"loadlab/test/observe"
)

// lab is one that runs.
type lab struct {
	*testkit.Process
	began      time.Time
	gateway    string // base URL
	prometheus observe.Prometheus
}

// start runs a lab on free ports until it is up.
func start(t *testing.T, args []string, environment ...string) *lab {
	t.Helper()
	skipUnlessRequired(t)
	for _, name := range []string{"GATEWAY", "IOBOUND", "CPUBOUND", "MIXED", "ITEMS", "LOADGEN", "PROMETHEUS", "JAEGER", "OTLP", "CONSOLE"} {
		environment = append(environment, name+"_PORT=0")
	}
	testkit.Build(t, "lab") // what follows is the time after compilation
	l := &lab{began: time.Now()}
	l.Process = testkit.Launch(t, "lab", args, append(environment, "TMPDIR="+t.TempDir())...)
	l.gateway = l.field(t, `(http://\S+) +all routes`)
	l.prometheus = observe.Prometheus(l.field(t, `(http://\S+)/api/v1`))
	return l
}

func skipUnlessRequired(t *testing.T) {
	t.Helper()
	if testing.Short() || os.Getenv("LAB_REQUIRE") != "1" {
		t.Skip("takes half a minute and the whole machine: set LAB_REQUIRE=1")
	}
}

// field waits for what the lab prints.
func (l *lab) field(t *testing.T, pattern string) string {
	t.Helper()
	for deadline := time.Now().Add(2 * time.Minute); time.Now().Before(deadline); time.Sleep(20 * time.Millisecond) {
		if found := regexp.MustCompile(pattern).FindStringSubmatch(l.Stdout()); found != nil {
			return found[1]
		}
	}
	t.Fatalf("the lab does not say %s:\n%s%s", pattern, l.Stdout(), l.Stderr())
	return ""
}

// pids are those of all processes, by name.
func (l *lab) pids() map[string]int {
	pids := map[string]int{"lab": l.Pid()}
	for _, line := range regexp.MustCompile(`(?m)^(\S+) +\| ready after \S+, process (\d+)$`).FindAllStringSubmatch(l.Stdout(), -1) {
		pids[line[1]], _ = strconv.Atoi(line[2])
	}
	return pids
}

// memory is the lab's share of the machine's, in bytes, by process. What several
// processes have in common, such as the program itself, is counted once.
func (l *lab) memory(t *testing.T) map[string]float64 {
	t.Helper()
	return l.rollup(t, "Pss:")
}

// kept is the part of memory that no file backs. The system may take the rest
// away at any time, and read it again.
func (l *lab) kept(t *testing.T) map[string]float64 {
	t.Helper()
	return l.rollup(t, "Pss_Anon:", "SwapPss:")
}

// rollup sums the fields of what Linux says of each process's memory.
func (l *lab) rollup(t *testing.T, fields ...string) map[string]float64 {
	t.Helper()
	by := map[string]float64{}
	for name, pid := range l.pids() {
		text, err := os.ReadFile(fmt.Sprintf("/proc/%d/smaps_rollup", pid))
		if err != nil {
			t.Fatal(err)
		}
		for line := range strings.Lines(string(text)) {
			words := strings.Fields(line)
			if slices.Contains(fields, words[0]) {
				kib, _ := strconv.ParseFloat(words[1], 64) // Linux writes a number
				by[name] += kib * 1024
			}
		}
	}
	return by
}

// cpu is the CPU time that each process has used.
func (l *lab) cpu(t *testing.T) map[string]time.Duration {
	t.Helper()
	const tick = 10 * time.Millisecond // of every Linux that Go runs on
	by := map[string]time.Duration{}
	for name, pid := range l.pids() {
		text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
		if err != nil {
			t.Fatal(err)
		}
		_, rest, _ := strings.Cut(string(text), ") ")
		fields := strings.Fields(rest) // from the third, which is the state
		user, _ := strconv.Atoi(fields[11])
		system, _ := strconv.Atoi(fields[12])
		by[name] = time.Duration(user+system) * tick
	}
	return by
}
