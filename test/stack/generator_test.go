package stack

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"loadlab/loadgen/report"
)

// oneRun is the outcome of a second generator, next to the stack's own.
type oneRun struct {
	report   *report.Report // nil if the run was refused
	exit     int
	messages string
}

// generate runs the compose file's generator once, with the variables, until it ends.
func (c *composition) generate(t *testing.T, variables map[string]string) oneRun {
	t.Helper()
	folder := t.TempDir()
	if err := os.Chmod(folder, 0o777); err != nil { // the container's user is another one
		t.Fatal(err)
	}
	_, err := c.with(variables).try("run", "--rm", "--no-deps", "-T", "--volume", folder+":/report",
		"--env", "LOADGEN_REPORT_DIR=/report", "loadgen")
	var result oneRun
	var exit *exec.ExitError
	switch {
	case errors.As(err, &exit):
		result.exit, result.messages = exit.ExitCode(), err.Error()
	case err != nil:
		t.Fatal(err)
	}
	names, err := filepath.Glob(filepath.Join(folder, "*.json"))
	if err != nil || len(names) == 0 {
		return result
	}
	if result.report, err = report.ReadFile(names[0]); err != nil {
		t.Fatal(err)
	}
	return result
}

// generatorRow is a run with some variables, and what must be true of it.
type generatorRow struct {
	shows     string // the variables in question
	variables map[string]string
	holds     func(oneRun) bool
}

// short is an open loop of 60 requests that wait for a tenth of a second each.
func short(pairs ...string) map[string]string {
	variables := map[string]string{
		"LOADGEN_TARGETS": "GET http://gateway:8080/io/wait?ms=100", "LOADGEN_RATE": "20", "LOADGEN_DURATION": "3s",
	}
	for i := 0; i < len(pairs); i += 2 {
		variables[pairs[i]] = pairs[i+1]
	}
	return variables
}

func outcomes(r *report.Report, name string) uint64 {
	var n uint64
	for i := range r.Targets {
		n += r.Targets[i].Outcomes[name]
	}
	return n
}

func between(low, value, high float64) bool { return low <= value && value <= high }

func generatorRows() []generatorRow {
	seconds := func(d time.Duration) float64 { return d.Seconds() }
	return []generatorRow{
		{"LOADGEN_DURATION", short("LOADGEN_DURATION", "2s"), func(o oneRun) bool {
			return o.report.Scheduled == 40 && between(1.9, seconds(o.report.Elapsed), 2.5)
		}},
		{"LOADGEN_WARMUP", short("LOADGEN_WARMUP", "1s"), func(o oneRun) bool { return o.report.Warmup == 20 && o.report.Scheduled == 40 }},
		{"LOADGEN_STAGES", short("LOADGEN_STAGES", "1s:20,1s:20", "LOADGEN_DURATION", ""), func(o oneRun) bool {
			return between(29, float64(o.report.Scheduled), 30) // ten on the ramp, twenty above it
		}},
		{"LOADGEN_LOOP, LOADGEN_CONCURRENCY", short("LOADGEN_LOOP", "closed", "LOADGEN_CONCURRENCY", "5"), func(o oneRun) bool {
			return o.report.Loop == "closed" && between(4, o.report.MeanInFlight, 5.1)
		}},
		{"LOADGEN_THINK", short("LOADGEN_LOOP", "closed", "LOADGEN_CONCURRENCY", "5", "LOADGEN_THINK", "100ms"), func(o oneRun) bool {
			return between(1.5, o.report.MeanInFlight, 3.5)
		}},
		{"LOADGEN_URLS, LOADGEN_METHODS, LOADGEN_COUNT", map[string]string{
			"LOADGEN_LOOP": "batch", "LOADGEN_TARGETS": "", "LOADGEN_URLS": "http://gateway:8080/io/wait?ms=1", "LOADGEN_METHODS": "GET,PUT", "LOADGEN_COUNT": "3",
		}, func(o oneRun) bool {
			return len(o.report.Targets) == 2 && o.report.Targets[1].Method == "PUT" && outcomes(o.report, "ok") == 6
		}},
		{"LOADGEN_HEADERS", short("LOADGEN_TARGETS", `POST http://gateway:8080/items {"name":"x","quantity":1}`, "LOADGEN_HEADERS", "Content-Type: text/plain"),
			func(o oneRun) bool { return o.report.Targets[0].Status[415] == o.report.Completed }},
		{"LOADGEN_TIMEOUT", short("LOADGEN_TIMEOUT", "50ms"), func(o oneRun) bool { return outcomes(o.report, "timeout") == o.report.Completed }},
		{"LOADGEN_MAX_CONNECTIONS", short("LOADGEN_MAX_CONNECTIONS", "1"), func(o oneRun) bool {
			return o.report.MeanInFlight < 1.01 && o.report.Response.Quantile(.9) > 3*o.report.Service.Quantile(.9)
		}},
		{"LOADGEN_ALLOWED_HOSTS", short("LOADGEN_ALLOWED_HOSTS", "iobound"), func(o oneRun) bool { return o.report == nil && o.exit == 2 }},
		{"LOADGEN_SCENARIO", map[string]string{"LOADGEN_TARGETS": "", "LOADGEN_SCENARIO": "/nowhere.yaml"}, func(o oneRun) bool {
			return o.report == nil && o.exit == 2
		}},
		{"LOADGEN_THRESHOLDS", short("LOADGEN_THRESHOLDS", "p99<1ms"), func(o oneRun) bool { return o.exit == 3 && !o.report.Thresholds[0].OK }},
	}
}

// checkGenerator shows each variable of the generator by a run that it changes.
func checkGenerator(t *testing.T, c *composition) {
	t.Run("runs", func(t *testing.T) { checkRuns(t, c) })
	t.Run("LOADGEN_TRACE_RATIO, OTEL_EXPORTER_OTLP_ENDPOINT", func(t *testing.T) { checkGeneratorTraces(t, c) })
	t.Run("LOADGEN_RESTART", func(t *testing.T) { checkRestart(t, c) })
}

// checkRuns has runs side by side, because each of them mostly waits.
func checkRuns(t *testing.T, c *composition) {
	for _, row := range generatorRows() {
		t.Run(row.shows, func(t *testing.T) {
			t.Parallel()
			if o := c.generate(t, row.variables); o.report == nil && o.exit != 2 || !row.holds(o) {
				t.Errorf("exit %d, %s\n%+v", o.exit, o.messages, o.report)
			}
		})
	}
	t.Run("LOADGEN_ARRIVALS, LOADGEN_SEED", func(t *testing.T) {
		t.Parallel()
		scheduled := func(seed string) uint64 {
			return c.generate(t, short("LOADGEN_ARRIVALS", "poisson", "LOADGEN_SEED", seed)).report.Scheduled
		}
		if first, again, other := scheduled("1"), scheduled("1"), scheduled("2"); first != again || first == other {
			t.Errorf("by chance %d, with the same seed %d, with another one %d", first, again, other)
		}
	})
	t.Run("LOADGEN_KEEPALIVE, LOADGEN_CLIENT", func(t *testing.T) {
		t.Parallel()
		connecting := func(pairs ...string) time.Duration { return c.generate(t, short(pairs...)).report.Parts()["connect"] }
		kept, each, std := connecting(), connecting("LOADGEN_KEEPALIVE", "false"), connecting("LOADGEN_KEEPALIVE", "false", "LOADGEN_CLIENT", "std")
		// net/http opens connections out of the generator's sight: that time counts as service.
		if each < 3*kept || std != 0 {
			t.Errorf("connecting took %v with connections kept, %v without, %v by net/http", kept, each, std)
		}
	})
}

// checkGeneratorTraces relies on the stack's own generator to trace nothing.
func checkGeneratorTraces(t *testing.T, c *composition) {
	traced := func() bool {
		t.Helper()
		found, err := c.jaeger().Services(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		return slices.Contains(found, "loadgen")
	}
	for _, row := range []struct {
		ratio, endpoint string
		want            bool
	}{{"1", "", false}, {"0", "http://jaeger:4318", false}, {"1", "http://jaeger:4318", true}} {
		c.generate(t, short("LOADGEN_TRACE_RATIO", row.ratio, "OTEL_EXPORTER_OTLP_ENDPOINT", row.endpoint))
		if got := traced(); got != row.want {
			t.Errorf("with the ratio %s and the endpoint %q the generator's traces are in Jaeger: %t", row.ratio, row.endpoint, got)
		}
	}
}

// checkRestart lets a run of the stack's generator complete: LOADGEN_RESTART decides whether it starts again.
func checkRestart(t *testing.T, c *composition) {
	for policy, restarts := range map[string]bool{"no": false, "unless-stopped": true} {
		short := c.with(short("LOADGEN_RESTART", policy, "LOADGEN_DURATION", "1s"))
		short.run(t, "up", "--detach", "--no-build", "--no-deps", "loadgen")
		eventually(t, healsWithin, func(ctx context.Context) error {
			state := short.inspect(t, "loadgen", "{{.State.Status}} {{.RestartCount}}")
			if restarts == strings.HasSuffix(state, " 0") || !restarts && state != "exited 0" {
				return errors.New(policy + ": " + state)
			}
			return nil
		})
	}
}

// generatorsOwn are variables whose effect checkGenerator shows, or TestStack.
func generatorsOwn() []string {
	names := []string{"LOADGEN_ARRIVALS", "LOADGEN_SEED", "LOADGEN_KEEPALIVE", "LOADGEN_CLIENT", "LOADGEN_TRACE_RATIO", "OTEL_EXPORTER_OTLP_ENDPOINT", "LOADGEN_RESTART"}
	for _, row := range generatorRows() {
		names = append(names, strings.Split(row.shows, ", ")...)
	}
	return names
}
