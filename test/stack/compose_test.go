package stack

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"loadlab/internal/testkit"
	"loadlab/test/observe"
)

// project keeps the test's containers, volumes and network apart from a user's own.
const project = "loadlab-test"

const commandLimit = 10 * time.Minute // a first build compiles everything

// services are the containers that docker-compose.yml builds.
func services() []string {
	return []string{"gateway", "iobound", "cpubound", "mixed", "items", "loadgen", "console"}
}

// composition is the stack of one test.
type composition struct {
	root      string
	variables map[string]string // what the user would have in .env
	files     []string          // other than docker-compose.yml alone
}

// newComposition gives every published port a free number, and removes
// everything when the test ends.
func newComposition(t *testing.T) *composition {
	t.Helper()
	if os.Getenv("LAB_STACK") != "1" && os.Getenv("LAB_REQUIRE") != "1" {
		t.Skip("starts containers for some minutes: set LAB_STACK=1")
	}
	testkit.Require(t, "docker")
	root, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	c := &composition{root: root, variables: stamps()}
	for _, name := range published() {
		c.variables[name] = strconv.Itoa(testkit.FreePort(t))
	}
	c.run(t, "down", "--volumes", "--remove-orphans") // what an earlier run that was cut off has left
	t.Cleanup(func() {
		if t.Failed() {
			// Without names there are those of the attached containers alone.
			t.Log(c.run(t, append([]string{"logs", "--no-color", "--tail", "20"}, strings.Fields(c.run(t, "ps", "--all", "--services"))...)...))
		}
		c.run(t, "down", "--volumes", "--remove-orphans")
	})
	return c
}

// stamps are what the binaries say of themselves.
func stamps() map[string]string {
	return map[string]string{"VERSION": "test", "REVISION": "0123abc", "DATE": "2001-02-03"}
}

// published are the variables of the ports on the host.
func published() []string {
	ports := []string{"GATEWAY_PORT", "CONSOLE_PORT", "PROMETHEUS_PORT", "JAEGER_PORT", "GRAFANA_PORT"}
	for _, name := range runtimeNames() {
		ports = append(ports, portOf(name))
	}
	return ports
}

// with is the same stack with further variables.
func (c *composition) with(variables map[string]string) *composition {
	all := maps.Clone(c.variables)
	maps.Copy(all, variables)
	return &composition{root: c.root, variables: all, files: c.files}
}

// run executes docker compose and returns what it printed; a failure ends the test.
func (c *composition) run(t *testing.T, arguments ...string) string {
	t.Helper()
	out, err := c.try(arguments...)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func (c *composition) try(arguments ...string) (string, error) {
	return c.tryWithin(commandLimit, arguments...)
}

func (c *composition) tryWithin(limit time.Duration, arguments ...string) (string, error) {
	global := []string{"compose", "--project-name", project}
	for _, file := range c.files {
		global = append(global, "--file", file)
	}
	return dockerWith(limit, nil, c.root, c.variables, append(global, arguments...)...)
}

// docker runs the client with the variables and nothing else that Compose reads.
func docker(dir string, variables map[string]string, arguments ...string) (string, error) {
	return dockerWith(commandLimit, nil, dir, variables, arguments...)
}

func dockerWith(limit time.Duration, stdin io.Reader, dir string, variables map[string]string, arguments ...string) (string, error) {
	ctx, cancel := context.WithTimeout(context.Background(), limit)
	defer cancel()
	command := dockerCommand(ctx, dir, variables, arguments...)
	command.Stdin = stdin
	var stdout, stderr bytes.Buffer
	command.Stdout, command.Stderr = &stdout, &stderr
	if err := command.Run(); err != nil {
		return stdout.String(), fmt.Errorf("docker %s: %w\n%s", strings.Join(arguments, " "), err, last(stderr.String()))
	}
	return stdout.String(), nil
}

func dockerCommand(ctx context.Context, dir string, variables map[string]string, arguments ...string) *exec.Cmd {
	command := exec.CommandContext(ctx, "docker", arguments...)
	command.Dir = dir
	for _, name := range []string{"PATH", "HOME", "DOCKER_HOST", "DOCKER_CONFIG"} {
		if value, ok := os.LookupEnv(name); ok {
			command.Env = append(command.Env, name+"="+value)
		}
	}
	for name, value := range variables {
		command.Env = append(command.Env, name+"="+value)
	}
	return command
}

// last keeps the end of a text, where the reason is.
func last(text string) string {
	const most = 3000
	return text[max(0, len(text)-most):]
}

// all names every service of the file, without Grafana where its image is missing.
func (c *composition) all(t *testing.T) []string {
	t.Helper()
	names := strings.Fields(c.run(t, "config", "--services"))
	slices.Sort(names)
	for _, image := range strings.Fields(c.run(t, "config", "--images")) {
		if !strings.HasPrefix(image, "grafana/") {
			continue
		}
		if _, err := docker(c.root, nil, "image", "inspect", image); err != nil {
			t.Logf("Grafana takes no part: the machine has no image %s", image)
			return slices.DeleteFunc(names, func(name string) bool { return name == "grafana" })
		}
	}
	return names
}

// up starts the services and waits until each is healthy.
func (c *composition) up(t *testing.T, names ...string) {
	t.Helper()
	c.run(t, append([]string{"up", "--detach", "--no-build", "--wait", "--wait-timeout", "90"}, names...)...)
}

// start starts the services without waiting for them.
func (c *composition) start(t *testing.T, names ...string) {
	t.Helper()
	c.run(t, append([]string{"up", "--detach", "--no-build"}, names...)...)
}

// url is the address of a published port on the host.
func (c *composition) url(variable string) string { return "http://127.0.0.1:" + c.variables[variable] }

func (c *composition) prometheus() observe.Prometheus {
	return observe.Prometheus(c.url("PROMETHEUS_PORT"))
}

func (c *composition) jaeger() observe.Jaeger { return observe.Jaeger(c.url("JAEGER_PORT")) }

// container is the id of a service's container.
func (c *composition) container(t *testing.T, service string) string {
	t.Helper()
	return strings.TrimSpace(c.run(t, "ps", "--all", "--quiet", service))
}

// inspect evaluates a template of docker inspect on a service's container.
func (c *composition) inspect(t *testing.T, service, template string) string {
	t.Helper()
	out, err := docker(c.root, nil, "inspect", "--format", template, c.container(t, service))
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimSpace(out)
}

// eventually fails the test unless try succeeds within the time.
func eventually(t *testing.T, within time.Duration, try func(context.Context) error) {
	t.Helper()
	if err := observe.Eventually(t.Context(), within, try); err != nil {
		t.Error(err)
	}
}
