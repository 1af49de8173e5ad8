package stack

import (
	"context"
	"fmt"
	"os/exec"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"loadlab/grafana"
	"loadlab/internal/testkit"
	"loadlab/runtimes"
	"loadlab/test/observe"
)

const (
	discoveredIn = 40 * time.Second // from the start of a container to its first scrape: a look-up, two rests of Prometheus, a busy machine
	inBatch      = 20               // requests to each server
)

// runtimeNames are the tutorial's servers, which the profile runtimes adds.
func runtimeNames() []string {
	var names []string
	for _, s := range runtimes.All() {
		names = append(names, s.Name)
	}
	return names
}

// withRuntimes is the same stack with the profile, on an image of Debian with the label of the test. The
// servers' ports are free now: those that the stack got before the build may be taken.
func (c *composition) withRuntimes(t *testing.T) *composition {
	t.Helper()
	const base = "DEBIAN_IMAGE"
	variables := map[string]string{"COMPOSE_PROFILES": "runtimes", base: otherImages()[base]}
	for _, name := range runtimeNames() {
		variables[portOf(name)] = strconv.Itoa(testkit.FreePort(t))
	}
	return c.with(variables)
}

// portOf is the variable of a server's port.
func portOf(name string) string { return strings.ToUpper(name) + "_PORT" }

// TestRuntimes starts the profile on the observing part of the stack alone; its parts run in this order.
func TestRuntimes(t *testing.T) {
	off := newComposition(t)
	retag(t, off)
	began := time.Now()
	off.withRuntimes(t).run(t, append([]string{"build", "loadgen", "console"}, runtimeNames()...)...)
	t.Logf("images built in %s", time.Since(began).Round(time.Second))
	off.start(t, "--no-deps", "prometheus", "jaeger", "console")
	t.Run("without the profile", func(t *testing.T) { checkWithoutRuntimes(t, off) })

	on := off.withRuntimes(t)
	on.start(t, append([]string{"--no-deps"}, runtimeNames()...)...)
	t.Run("all are scraped", func(t *testing.T) {
		eventually(t, discoveredIn, func(ctx context.Context) error {
			return on.hasValue(ctx, fmt.Sprintf(`count(%s == 1) == %d`, grafana.RuntimesUp, len(runtimeNames())))
		})
	})
	t.Run("sent = counted, and traced", func(t *testing.T) { checkBatch(t, on) })
	t.Run("the suite of the servers", func(t *testing.T) { runRuntimesSuite(t, on) })
	t.Run("the dashboard has data of each", func(t *testing.T) { checkRuntimesDashboard(t, on) })
	t.Run("containers are confined", func(t *testing.T) { checkRuntimesConfined(t, on) })
	t.Run("a server that has ended is no target", func(t *testing.T) { checkRuntimeEnds(t, on) })
	t.Run("down leaves nothing", func(t *testing.T) {
		off.run(t, "down", "--volumes") // as a user who has forgotten the profile
		checkNothingLeft(t)
	})
}

// checkWithoutRuntimes requires that nothing is said of servers that do not run.
func checkWithoutRuntimes(t *testing.T, c *composition) {
	for _, name := range strings.Fields(c.run(t, "config", "--services")) {
		if slices.Contains(runtimeNames(), name) {
			t.Errorf("%s belongs to the stack without its profile", name)
		}
	}
	looked := fmt.Sprintf(`prometheus_sd_dns_lookups_total >= %d`, 2*len(runtimeNames()))
	eventually(t, discoveredIn, func(ctx context.Context) error { return c.hasValue(ctx, looked) })
	for _, expr := range []string{grafana.RuntimesUp, `prometheus_sd_dns_lookup_failures_total > 0`} {
		if c.hasValue(t.Context(), expr) == nil {
			t.Errorf("%s has a result", expr)
		}
	}
	// The engine itself answers that there is no such address; the machine's name server is not asked.
	if out, err := c.try("exec", "-T", "prometheus", "nslookup", "tornado."); err != nil || strings.Contains(out, "can't find") {
		t.Errorf("a name of no container is asked for outside: %v\n%s", err, out)
	}
	if out := c.run(t, "logs", "--no-color", "prometheus"); regexp.MustCompile(`level=(WARN|ERROR)`).MatchString(out) {
		t.Errorf("Prometheus complains:\n%s", out)
	}
	if listed, err := c.listsRuntimes(t.Context()); err != nil || listed {
		t.Errorf("the console lists their dashboard: %t, %v", listed, err)
	}
}

// listsRuntimes reports whether the console has their dashboard in its list.
func (c *composition) listsRuntimes(ctx context.Context) (bool, error) {
	var settings struct{ Dashboards []struct{ UID string } }
	err := observe.Get(ctx, c.url("CONSOLE_PORT")+"/config.json", &settings)
	return slices.ContainsFunc(settings.Dashboards, func(d struct{ UID string }) bool { return d.UID == "runtimes" }), err
}

// checkBatch sends a batch to each server from the generator's container. Each request is traced.
func checkBatch(t *testing.T, c *composition) {
	began := time.Now()
	var urls []string
	for _, name := range runtimeNames() {
		urls = append(urls, "http://"+name+":8080/fast")
	}
	batch := c.with(map[string]string{
		"LOADGEN_URLS": strings.Join(urls, ","), "LOADGEN_LOOP": "batch", "LOADGEN_COUNT": fmt.Sprint(inBatch), "LOADGEN_TRACE_RATIO": "1",
	})
	// On a busy machine the generator calls its times invalid by its exit code, which is another matter.
	out, err := batch.try("run", "--rm", "--no-deps", "-T", "--env", "LOADGEN_READY_URLS=", "loadgen")
	if want := fmt.Sprintf("%d scheduled = %[1]d completed", inBatch*len(urls)); !strings.Contains(out, want) {
		t.Fatalf("not %q: %v\n%s", want, err, out)
	}
	for _, name := range runtimeNames() {
		eventually(t, discoveredIn, func(ctx context.Context) error {
			return c.hasValue(ctx, fmt.Sprintf(`sum(http_server_request_duration_seconds_count{job=%q, http_route="/fast", http_response_status_code="200"}) == %d`, name, inBatch))
		})
		// Debian has no OpenTelemetry for Python.
		if name != "node" && name != "nethttp" {
			continue
		}
		eventually(t, healsWithin, func(ctx context.Context) error {
			spans, err := c.jaeger().Find(ctx, name, "GET /fast", began, 1)
			if err == nil && observe.Edges(spans)["loadgen -> "+name] == 0 {
				err = fmt.Errorf("no span of %s below one of loadgen: %v", name, spans)
			}
			return err
		})
	}
}

// programsOfItsOwn are the tests of that suite that start a server or another program themselves.
const programsOfItsOwn = "Tutorial|Clients|Experiments|Definitions|Command|SIGTERM|Lifeline|Bench|Missing|Spans|Node|Files|Processes"

// runRuntimesSuite runs the suite that knows the servers by their URLs.
func runRuntimesSuite(t *testing.T, c *composition) {
	var urls []string
	for _, name := range runtimeNames() {
		urls = append(urls, name+"="+c.url(portOf(name)))
	}
	command := exec.CommandContext(t.Context(), "go", "test", "-count=1", "-timeout=15m", "-skip="+programsOfItsOwn, "./test/runtimes")
	command.Dir = c.root
	command.Env = append(command.Environ(), "LAB_REQUIRE=1", "RUNTIMES_URLS="+strings.Join(urls, ","))
	if out, err := command.CombinedOutput(); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
}

func checkRuntimesDashboard(t *testing.T, c *composition) {
	if listed, err := c.listsRuntimes(t.Context()); err != nil || !listed {
		t.Errorf("the console lists their dashboard: %t, %v", listed, err)
	}
	eventually(t, time.Minute, func(ctx context.Context) error {
		for _, name := range runtimeNames() {
			if err := observe.Get(ctx, c.url(portOf(name))+"/fast", &struct{}{}); err != nil {
				return err
			}
		}
		return c.prometheus().CheckRuntimes(ctx, runtimeNames())
	})
}

func checkRuntimesConfined(t *testing.T, c *composition) {
	c.up(t, append([]string{"--no-deps"}, runtimeNames()...)...)
	checkConfinement(t, c, runtimeNames())
	checkMembership(t, c, runtimeNames())
	for _, name := range runtimeNames() {
		for what, want := range map[string]string{
			"{{.Config.User}}": "65532:65532", "{{.HostConfig.NanoCpus}}": "1000000000", "{{.RestartCount}}": "0",
		} {
			if got := c.inspect(t, name, what); got != want {
				t.Errorf("%s: %s is %s, not %s", name, what, got, want)
			}
		}
	}
	if got := c.inspect(t, "tornado", `{{index .Config.Labels "`+mark+`"}}`); got != "DEBIAN_IMAGE" {
		t.Errorf("tornado runs on an image with the mark %q", got)
	}
}

// checkRuntimeEnds ends one server: Prometheus has it for a moment as one that is down, then no more.
func checkRuntimeEnds(t *testing.T, c *composition) {
	c.run(t, "kill", "tornado")
	eventually(t, discoveredIn, func(ctx context.Context) error {
		return c.hasValue(ctx, `absent(up{job="tornado"})`)
	})
	if c.hasValue(t.Context(), `ALERTS{alertname="TargetDown", job="tornado"}`) == nil ||
		c.hasValue(t.Context(), `max_over_time(ALERTS{alertname="TargetDown", job="tornado"}[1m])`) == nil {
		t.Error("there was an alert about a server that has ended")
	}
}
