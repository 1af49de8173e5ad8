package stack

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

// What the documentation promises of the stack at the default load.
const (
	pictureIn    = 30 * time.Second // from up to the first picture, images being built
	healthyIn    = 80 * time.Second // the first health check is 45 s after a start, images being built
	mostMemory   = 600 << 20        // bytes of all containers but Grafana
	mostImage    = 20 << 20         // bytes of a service's image
	mostTool     = 24 << 20         // bytes of the generator's, and of the console's, which has the experiments and their generator too
	mostLoadgen  = 0.10             // cores
	healsWithin  = 30 * time.Second
	noticedAfter = 20 * time.Second // a scrape, the alert's own delay, an evaluation
)

// TestStack starts the stack once; its parts run in this order on that one.
func TestStack(t *testing.T) {
	c := newComposition(t)
	c.variables["POSTGRES_PASSWORD"] = rand.Text() // to be found wherever it is
	names := c.all(t)
	began := time.Now()
	c.run(t, "build")
	t.Logf("images built in %s", time.Since(began).Round(time.Second))

	began = time.Now()
	proxied := c.proxied(t)
	proxied.start(t, names...)
	eventually(t, pictureIn, func(ctx context.Context) error {
		return c.hasValue(ctx, `sum(rate(http_server_request_duration_seconds_count{job="iobound"}[8s])) > 0`)
	})
	picture := time.Since(began)
	proxied.up(t, names...)
	healthy := time.Since(began)
	t.Logf("first picture after %s, healthy after %s", picture.Round(time.Second), healthy.Round(time.Second))
	if picture > pictureIn || healthy > healthyIn {
		t.Errorf("first picture after %s and healthy after %s, not within %s and %s", picture, healthy, pictureIn, healthyIn)
	}

	// First, since the tour's first climb is under way.
	t.Run("the default load shows the ceiling and the recovery", func(t *testing.T) {
		if err := c.prometheus().CheckDefaultLoad(t.Context(), c.url("GATEWAY_PORT"), began); err != nil {
			t.Error(err)
		}
	})
	t.Run("images are small and say what they are", func(t *testing.T) { checkImages(t, c) })
	t.Run("containers are confined", func(t *testing.T) { checkConfinement(t, c, c.running(t)) })
	t.Run("containers share only the networks that they need", func(t *testing.T) { checkNetworks(t, c, names) })
	t.Run("logs carry trace ids", func(t *testing.T) { checkLogs(t, c) })
	t.Run("logs and metrics count the same", func(t *testing.T) { checkCounts(t, c) })
	t.Run("e2e", func(t *testing.T) { runSuite(t, c, "./test/e2e") })
	// TestSaturation has a lab of its own, wherever it runs.
	t.Run("browser", func(t *testing.T) { runSuite(t, c, "./test/browser", "-skip=TestSaturation") })
	t.Run("saturation", func(t *testing.T) { checkSaturation(t, c) })
	t.Run("experiments", func(t *testing.T) { checkExperiments(t, c) })
	t.Run("connections fit into the memory", func(t *testing.T) { checkConnections(t, c) })
	t.Run("Jaeger's monitor has every service", func(t *testing.T) { checkMonitor(t, c) })
	t.Run("memory and the generator's CPU are bounded", func(t *testing.T) { checkCost(t, c) })
	c.steer(t, "pause") // its phase climb overloads a core, and an overloaded service refuses
	time.Sleep(quiet)
	t.Run("a rolling restart", func(t *testing.T) { checkRollingRestart(t, c) })
	for _, service := range []string{"iobound", "cpubound", "mixed", "items", "gateway"} {
		t.Run("without "+service, func(t *testing.T) { checkLoss(t, c, service) })
	}
	c.steer(t, "resume")
	for _, service := range []string{"loadgen", "console"} {
		t.Run("without "+service, func(t *testing.T) { checkLoss(t, c, service) })
	}
	t.Run("the console without a generator", func(t *testing.T) { checkConsoleStays(t, c) })
	t.Run("telemetry away", func(t *testing.T) { checkTelemetryAway(t, c) })
	t.Run("database away", func(t *testing.T) { checkDatabaseAway(t, c) })
	t.Run("an unchanged up", func(t *testing.T) { checkUnchanged(t, c, names) })
	t.Run("more cores than there are", func(t *testing.T) { checkTooManyCores(t, c, names) })
	t.Run("values that are refused", func(t *testing.T) { checkRefusedValues(t, c) })
	t.Run("wrong values are loud", func(t *testing.T) { checkWrongValue(t, c, names) })
	// Last on this stack, since its variables are others.
	t.Run("crash and cut", func(t *testing.T) { checkFaults(t, c, names) })
	t.Run("down leaves nothing", func(t *testing.T) { checkDown(t, c) })
	t.Run("no way out of the network", func(t *testing.T) { checkNoEgress(t, c, names) })
}

// hasValue returns an error unless expr has a result.
func (c *composition) hasValue(ctx context.Context, expr string) error {
	series, err := c.prometheus().Query(ctx, expr)
	if err == nil && len(series) == 0 {
		err = fmt.Errorf("no result of %s", expr)
	}
	return err
}

func checkImages(t *testing.T, c *composition) {
	for _, service := range services() {
		image := "loadlab/" + service + ":test"
		out, err := docker(c.root, nil, "image", "inspect", "--format", "{{.Size}} {{.Config.User}}", image)
		if err != nil {
			t.Fatal(err)
		}
		sizeText, user, _ := strings.Cut(strings.TrimSpace(out), " ")
		size, err := strconv.Atoi(sizeText)
		if err != nil {
			t.Fatal(err)
		}
		t.Logf("%s has %.1f MiB", image, float64(size)/(1<<20))
		most := mostImage
		if service == "console" || service == "loadgen" {
			most = mostTool
		}
		if size > most {
			t.Errorf("%s has %d bytes, more than %d", image, size, most)
		}
		if user == "" || strings.HasPrefix(user, "0") || strings.HasPrefix(user, "root") {
			t.Errorf("%s runs as %q", image, user)
		}
		version := c.run(t, "exec", "-T", service, "/"+service, "--version")
		if !strings.Contains(version, "loadlab test ") || !strings.Contains(version, stamps()["REVISION"]) || !strings.Contains(version, stamps()["DATE"]) {
			t.Errorf("%s --version says %q", service, version)
		}
	}
}

// runSuite runs one of the suites that know URLs alone against this stack.
func runSuite(t *testing.T, c *composition, suite string, flags ...string) {
	command := exec.CommandContext(t.Context(), "go", slices.Concat([]string{"test", "-count=1", "-timeout=15m"}, flags, []string{suite})...)
	command.Dir = c.root
	command.Env = append(os.Environ(), "LAB_REQUIRE=1",
		"E2E_GATEWAY_URL="+c.url("GATEWAY_PORT"), "E2E_PROMETHEUS_URL="+c.url("PROMETHEUS_PORT"),
		"E2E_JAEGER_URL="+c.url("JAEGER_PORT"), "E2E_CONSOLE_URL="+c.url("CONSOLE_PORT"), "E2E_CPUBOUND_ADMIN_URL="+c.admin(t, "cpubound"), "LAB_CONSOLE_URL="+c.url("CONSOLE_PORT"))
	if out, err := command.CombinedOutput(); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
}

// admin is the address of a service's admin port, which is not published. On Linux
// the machine reaches containers by their addresses.
func (c *composition) admin(t *testing.T, service string) string {
	t.Helper()
	return "http://" + c.address(t, service) + ":9464"
}

// checkCost compares the measurements of the engine and of the generator with the promises.
func checkCost(t *testing.T, c *composition) {
	arguments := append([]string{"stats", "--no-stream", "--format", "{{.Name}} {{.MemUsage}}"}, strings.Fields(c.run(t, "ps", "--quiet"))...)
	out, err := docker(c.root, nil, arguments...)
	if err != nil {
		t.Fatal(err)
	}
	total := 0.0
	for line := range strings.Lines(out) {
		fields := strings.Fields(line)
		if strings.Contains(fields[0], "grafana") {
			continue
		}
		bytes, err := parseSize(fields[1])
		if err != nil {
			t.Fatal(err)
		}
		total += bytes
	}
	t.Logf("memory: %.0f MiB in all\n%s", total/(1<<20), out)
	if total > mostMemory {
		t.Errorf("the containers use %.0f MiB, more than %d", total/(1<<20), mostMemory>>20)
	}
	// The minute has to be one without the tour's climb, which asks for several times as much.
	eventually(t, tourTime, func(ctx context.Context) error {
		return c.hasValue(ctx, fmt.Sprintf(`sum(rate(process_cpu_seconds_total{job="loadgen"}[1m])) < %g`, mostLoadgen))
	})
}

// parseSize reads docker's way to write bytes, as in 13.5MiB.
func parseSize(text string) (float64, error) {
	for _, unit := range []struct {
		suffix string
		bytes  float64
	}{{"GiB", 1 << 30}, {"MiB", 1 << 20}, {"KiB", 1 << 10}, {"B", 1}} {
		if number, ok := strings.CutSuffix(text, unit.suffix); ok {
			size, err := strconv.ParseFloat(number, 64)
			return size * unit.bytes, err
		}
	}
	return 0, errors.New("no size: " + text)
}
