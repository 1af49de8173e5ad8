package stack

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"os"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"loadlab/test/observe"
)

var (
	composeVariable = regexp.MustCompile(`\$\{([A-Z][A-Z0-9_]*)`)
	exampleVariable = regexp.MustCompile(`(?m)^([A-Z][A-Z0-9_]*)=(.*)$`)
)

// example reads .env.example.
func example(t *testing.T) map[string]string {
	t.Helper()
	values := map[string]string{}
	for _, match := range exampleVariable.FindAllStringSubmatch(contents(t, "../../.env.example"), -1) {
		values[match[1]] = match[2]
	}
	return values
}

func TestExampleHasEveryVariable(t *testing.T) {
	used := map[string]bool{}
	for _, match := range composeVariable.FindAllStringSubmatch(contents(t, "../../docker-compose.yml"), -1) {
		used[match[1]] = true
	}
	if got, want := slices.Sorted(maps.Keys(example(t))), slices.Sorted(maps.Keys(used)); !slices.Equal(got, want) {
		t.Errorf(".env.example has\n%v\ndocker-compose.yml uses\n%v", got, want)
	}
}

// Every variable has its effect shown on running containers; Grafana's where its image can be had.
func TestEveryVariableIsShown(t *testing.T) {
	shown := append(generatorsOwn(), slices.Sorted(maps.Keys(changed()))...)
	shown = append(shown, slices.Sorted(maps.Keys(stamps()))...)
	shown = append(shown, slices.Sorted(maps.Keys(otherImages()))...)
	shown = append(shown, published()...)
	for name := range example(t) {
		if !slices.Contains(shown, name) && !strings.HasPrefix(name, "GRAFANA_") {
			t.Errorf("nothing shows what %s does", name)
		}
	}
}

// The values in .env.example are the defaults, and no variable is without effect.
func TestExampleIsTheDefault(t *testing.T) {
	if os.Getenv("LAB_STACK") != "1" && os.Getenv("LAB_REQUIRE") != "1" {
		t.Skip("needs Docker Compose: set LAB_STACK=1")
	}
	config := func(variables map[string]string) string {
		t.Helper()
		out, err := docker("../..", variables, "compose", "--env-file", "/dev/null", "--profile", "*", "config")
		if err != nil {
			t.Fatal(err)
		}
		return out
	}
	defaults := config(nil)
	if config(example(t)) != defaults {
		t.Error("with the values of .env.example the stack is another one than without")
	}
	empty := map[string]string{}
	for name := range example(t) {
		if name != "OTEL_EXPORTER_OTLP_ENDPOINT" { // without a value tracing is off
			empty[name] = ""
		}
	}
	if config(empty) != defaults {
		t.Error("with empty variables the stack is another one than without")
	}
	for name, value := range example(t) {
		other := value + "2"
		switch {
		case strings.HasSuffix(name, "_PORT"):
			other = "12345"
		case name == "LOADGEN_RESTART":
			other = "on-failure"
		}
		if config(map[string]string{name: other}) == defaults {
			t.Errorf("%s=%s changes nothing", name, other)
		}
	}
}

// changed are values that differ from the defaults, all set at once.
func changed() map[string]string {
	return map[string]string{
		"CPUBOUND_CPUS": "0.5", "CPUBOUND_COMPUTE_SLOTS": "2", "SERVICE_CPUS": "0.75",
		"LOADGEN_CPUS": "0.8", "CONSOLE_CPUS": "0.4", "POSTGRES_CPUS": "0.7", "PROMETHEUS_CPUS": "0.9", "JAEGER_CPUS": "0.6",
		"LOG_LEVEL": "warn", "SHUTDOWN_TIMEOUT": "2s", "MAX_CONCURRENCY": "20", "COMPUTE_QUEUE_TARGET": "2500ms", "COMPUTE_QUEUE_BURST": "30", "MAX_CONNECTIONS": "300",
		"CONSOLE_HOSTS":  "console.example",
		"IOBOUND_ROUTES": "/io/changed=/io/wait?ms=7", "CPUBOUND_ROUTES": "/cpu/changed=/cpu/spin?ms=3",
		"MIXED_ROUTES":             "/mixed/changed=/mixed/sequence?io_ms=3&cpu_ms=1",
		"DATABASE_MAX_CONNECTIONS": "3", "POSTGRES_PASSWORD": "another",
		"DATABASE_URL":        "postgres://loadlab:another@postgres:5432/postgres?sslmode=disable",
		"LOADGEN_TRACE_RATIO": "0",
		"OTEL_TRACES_SAMPLER": "traceidratio", "OTEL_TRACES_SAMPLER_ARG": "1",
		"OTEL_RESOURCE_ATTRIBUTES": "deployment.environment.name=changed", "JAEGER_MAX_TRACES": "500",
		"PROMETHEUS_RETENTION": "7h", "LOADGEN_RATE": "20",
		"LOADGEN_TARGETS": "GET http://gateway:8080/io/changed",
	}
}

// TestVariablesDoWhatTheySay starts the stack with all of changed, and looks at
// what each of them has changed.
func TestVariablesDoWhatTheySay(t *testing.T) {
	base := newComposition(t)
	c := base.with(changed())
	names := c.all(t)
	c = c.with(retag(t, c))
	c.run(t, "build")
	c.start(t, names...)
	t.Run("images", func(t *testing.T) { checkOtherImages(t, c) })
	for _, row := range []struct{ variable, expr string }{
		{"CPUBOUND_CPUS", `lab_cgroup_cpu_limit_cores{job="cpubound"} == 0.5`},
		{"CPUBOUND_COMPUTE_SLOTS", `lab_compute_slots{job="cpubound"} == 2`},
		{"SERVICE_CPUS", `count(lab_cgroup_cpu_limit_cores{job=~"gateway|iobound|mixed|items"} == 0.75) == 4`},
		{"DATABASE_MAX_CONNECTIONS", `max(go_sql_max_open_connections{job="items"}) == 3`},
		{"COMPUTE_QUEUE_BURST", `count(lab_compute_queue_burst_requests == 30) == 5`},
		{"COMPUTE_QUEUE_TARGET", `count(lab_compute_queue_target_seconds == 2.5) == 5`},
		{"MAX_CONNECTIONS", `count(lab_connections_limit{listener="traffic"} == 300) == 5`},
		{"LOADGEN_RATE", `sum(loadgen_target_rate) == 20`},
		{"LOADGEN_TARGETS", `sum(rate(http_server_request_duration_seconds_count{job="iobound", http_route="/io/changed"}[10s])) > 10`},
	} {
		t.Run(row.variable, func(t *testing.T) {
			eventually(t, healsWithin, func(ctx context.Context) error { return c.hasValue(ctx, row.expr) })
		})
	}
	for service, variable := range map[string]string{
		"loadgen": "LOADGEN_CPUS", "console": "CONSOLE_CPUS", "postgres": "POSTGRES_CPUS", "prometheus": "PROMETHEUS_CPUS", "jaeger": "JAEGER_CPUS",
	} {
		t.Run(variable, func(t *testing.T) {
			want := "0." + strings.TrimPrefix(changed()[variable], "0.")
			if got := c.inspect(t, service, "{{.HostConfig.NanoCpus}}"); got != strings.TrimPrefix(want, "0.")+"00000000" {
				t.Errorf("%s has %s billionths of a core, not %s cores", service, got, want)
			}
		})
	}
	for variable, target := range map[string]string{
		"IOBOUND_ROUTES": "/io/changed", "CPUBOUND_ROUTES": "/cpu/changed", "MIXED_ROUTES": "/mixed/changed", "POSTGRES_PASSWORD": "/items?limit=1",
	} {
		t.Run(variable, func(t *testing.T) {
			eventually(t, healsWithin, func(ctx context.Context) error { return c.wantStatus(ctx, target, http.StatusOK) })
		})
	}
	t.Run("OTEL", func(t *testing.T) { checkTraceVariables(t, c) })
	t.Run("CONSOLE_HOSTS", func(t *testing.T) { checkConsoleHosts(t, c) })
	t.Run("MAX_CONCURRENCY", func(t *testing.T) { checkConcurrencyLimit(t, c) })
	t.Run("LOG_LEVEL", func(t *testing.T) {
		if out := c.run(t, "logs", "--no-color", "iobound"); strings.Contains(out, `"level":"info"`) {
			t.Error("LOG_LEVEL=warn leaves lines of level info in the log")
		}
	})
	t.Run("PROMETHEUS_RETENTION", func(t *testing.T) {
		eventually(t, healsWithin, func(ctx context.Context) error {
			return c.hasValue(ctx, fmt.Sprintf("prometheus_tsdb_retention_limit_seconds == %d", 7*60*60))
		})
	})
	t.Run("JAEGER_MAX_TRACES", func(t *testing.T) { checkOldTracesGo(t, c) })
	t.Run("DATABASE_URL", func(t *testing.T) {
		out := c.run(t, "exec", "-T", "postgres", "psql", "--username", "loadlab", "--dbname", "postgres", "--tuples-only", "--command", `\dt`)
		if !strings.Contains(out, "items") {
			t.Errorf("the database that DATABASE_URL names has no table of items: %s", out)
		}
	})
	t.Run("LOADGEN", func(t *testing.T) { checkGenerator(t, c) })
	t.Run("SHUTDOWN_TIMEOUT", func(t *testing.T) { checkShutdown(t, c) })
}

// checkTraceVariables relies on a sampler that records every request whatever
// its caller says, as the changed variables ask for.
func checkTraceVariables(t *testing.T, c *composition) {
	if err := c.wantStatus(t.Context(), "/io/wait?ms=1", http.StatusOK); err != nil {
		t.Fatal(err)
	}
	start := time.Now().Add(-time.Minute)
	eventually(t, healsWithin, func(ctx context.Context) error {
		spans, err := c.jaeger().Find(ctx, "gateway", "GET /io/wait", start, 5)
		if err != nil {
			return err
		}
		if got := spans[0].Resource["deployment.environment.name"]; got != "changed" {
			return fmt.Errorf("the resource attribute is %q", got)
		}
		return nil
	})
}

// checkConsoleHosts asks the console under the name that it was given, and under another.
func checkConsoleHosts(t *testing.T, c *composition) {
	for host, want := range map[string]int{changed()["CONSOLE_HOSTS"]: http.StatusOK, "other.example": http.StatusMisdirectedRequest} {
		request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, c.url("CONSOLE_PORT"), http.NoBody)
		if err != nil {
			t.Fatal(err)
		}
		request.Host = host
		response, err := http.DefaultClient.Do(request)
		if err != nil {
			t.Fatal(err)
		}
		_ = response.Body.Close()
		if response.StatusCode != want {
			t.Errorf("as %s the console answers %d, not %d", host, response.StatusCode, want)
		}
	}
}

// checkOldTracesGo waits for a trace that is stored to make room for later ones.
func checkOldTracesGo(t *testing.T, c *composition) {
	spans, err := c.jaeger().Find(t.Context(), "iobound", "", time.Now().Add(-time.Minute), 1)
	if err != nil {
		t.Fatal(err)
	}
	eventually(t, 2*time.Minute, func(ctx context.Context) error {
		for range 20 { // requests of the generator's own alone would take longer
			if err := c.wantStatus(ctx, "/io/wait?ms=0", http.StatusOK); err != nil {
				return err
			}
		}
		switch _, err := c.jaeger().Trace(ctx, spans[0].TraceID); {
		case errors.Is(err, observe.ErrNotFound):
			return nil
		case err != nil:
			return err
		}
		return errors.New("the trace is still stored")
	})
}

// checkConcurrencyLimit sends more requests at once than one service takes.
func checkConcurrencyLimit(t *testing.T, c *composition) {
	const atOnce = 60
	statuses := make([]int, atOnce)
	var clients sync.WaitGroup
	for i := range atOnce {
		clients.Go(func() {
			status, err := c.status(t.Context(), "/io/wait?ms=1000")
			if err != nil {
				t.Error(err)
			}
			statuses[i] = status
		})
	}
	clients.Wait()
	if !slices.Contains(statuses, http.StatusServiceUnavailable) || !slices.Contains(statuses, http.StatusOK) {
		t.Errorf("%d requests at once were answered %v", atOnce, statuses)
	}
}

// checkShutdown stops a service that has a request of half a minute.
func checkShutdown(t *testing.T, c *composition) {
	ended := make(chan error, 1)
	go func() {
		_, err := c.status(context.WithoutCancel(t.Context()), "/io/wait?ms=30000")
		ended <- err
	}()
	eventually(t, healsWithin, func(ctx context.Context) error {
		return c.hasValue(ctx, `http_server_active_requests{job="iobound", http_route="/io/wait"} > 0`)
	})
	began := time.Now()
	c.run(t, "stop", "iobound")
	if took := time.Since(began); took > 7*time.Second {
		t.Errorf("iobound took %s to stop, with SHUTDOWN_TIMEOUT=2s", took)
	}
	if err := <-ended; err != nil && errors.Is(err, context.DeadlineExceeded) {
		t.Error(err)
	}
}
