package stack

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
)

const unchangedWithin = 5 * time.Second // an up that has nothing to do

// proxied is the same stack for an engine that gives every container a proxy, one that does not answer.
func (c *composition) proxied(t *testing.T) *composition {
	t.Helper()
	usual := os.Getenv("DOCKER_CONFIG")
	if usual == "" {
		usual = filepath.Join(os.Getenv("HOME"), ".docker")
	}
	const away = "http://127.0.0.1:9"
	text, err := json.Marshal(map[string]any{
		"cliPluginsExtraDirs": []string{filepath.Join(usual, "cli-plugins")},
		"proxies":             map[string]any{"default": map[string]string{"httpProxy": away, "httpsProxy": away}},
	})
	if err != nil {
		t.Fatal(err)
	}
	folder := t.TempDir()
	if err := os.WriteFile(filepath.Join(folder, "config.json"), text, 0o600); err != nil {
		t.Fatal(err)
	}
	return c.with(map[string]string{"DOCKER_CONFIG": folder})
}

// containers are the names of the stack's containers, their ids, and when they were started.
func (c *composition) containers(t *testing.T) string {
	t.Helper()
	ids := strings.Fields(c.run(t, "ps", "--all", "--quiet"))
	out, err := docker(c.root, nil, append([]string{"inspect", "--format", "{{.Name}} {{.Id}} since {{.State.StartedAt}}"}, ids...)...)
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSpace(out), "\n")
	slices.Sort(lines)
	return strings.Join(lines, "\n")
}

// checkUnchanged requires an up after another one to build nothing and to leave every container.
func checkUnchanged(t *testing.T, c *composition, names []string) {
	before, began := c.containers(t), time.Now()
	c.run(t, append([]string{"up", "--detach"}, names...)...)
	took := time.Since(began)
	t.Logf("an unchanged up took %s", took.Round(100*time.Millisecond))
	if took > unchangedWithin {
		t.Errorf("an unchanged up took %s, more than %s", took, unchangedWithin)
	}
	if after := c.containers(t); after != before {
		t.Errorf("an unchanged up made\n%s\nof\n%s", after, before)
	}
}

// checkTooManyCores requires a refusal that leaves every container as it was.
func checkTooManyCores(t *testing.T, c *composition, names []string) {
	before := c.containers(t)
	_, err := c.with(map[string]string{"CPUBOUND_CPUS": "4096", "SERVICE_CPUS": "0.9"}).try(append([]string{"up", "--detach", "--no-build"}, names...)...)
	if err == nil || !strings.Contains(err.Error(), "CPUs available") {
		t.Errorf("a limit of 4096 cores: %v", err)
	}
	if after := c.containers(t); after != before {
		t.Errorf("a limit that the engine refuses made\n%s\nof\n%s", after, before)
	}
}

// sought is a name that a program failed to find, or whose server it failed to reach:
// a look-up that takes longer than the request may is not mentioned.
var sought = regexp.MustCompile(`lookup ([^ :]+)|(?:Get|Head|Post|Put) \\*"https?://([^/:"\\]+)`)

// outside are the lines of programs that failed to find a name, or to reach an address, that is not in the stack.
func outside(log string, names []string) []string {
	own := append([]string{"localhost", "127.0.0.1"}, names...)
	var found []string
	for line := range strings.Lines(log) {
		name := sought.FindStringSubmatch(line)
		if name != nil && !slices.Contains(own, name[1]+name[2]) || strings.Contains(line, "network is unreachable") {
			found = append(found, line)
		}
	}
	return found
}

func TestLinesAboutOtherHosts(t *testing.T) {
	names := []string{"jaeger", "items"}
	for line, want := range map[string]bool{
		`{"error":"traces export: Post \"http://outside.invalid:4318/v1/traces\": processor export timeout"}`: true,
		`{"error":"traces export: Post \"http://jaeger:4318/v1/traces\": processor export timeout"}`:          false,
		`Get "https://grafana.com/api/plugins": EOF`:                                                          true,
		`Get "http://127.0.0.1:9464/readyz": connection refused`:                                              false,
		`dial tcp: lookup collector.example.org on 127.0.0.11:53: server misbehaving`:                         true,
		`dial tcp: lookup items on 127.0.0.11:53: no such host`:                                               false,
		`dial tcp 192.0.2.1:443: connect: network is unreachable`:                                             true,
		`{"msg":"request","path":"/items","note":"see https://example.org/documentation"}`:                    false,
	} {
		if got := len(outside(line+"\n", names)) > 0; got != want {
			t.Errorf("%s is about another host: %t", line, got)
		}
	}
}

// checkNoEgress starts the stack on a network without a way out.
func checkNoEgress(t *testing.T, c *composition, names []string) {
	c.run(t, "down", "--volumes")
	closed := *c
	closed.files = []string{"docker-compose.yml", "test/stack/testdata/internal.yml"}
	began := time.Now()
	closed.up(t, names...)
	eventually(t, healsWithin, func(context.Context) error {
		if out := closed.run(t, "logs", "--no-color", "loadgen"); !strings.Contains(out, "errors 0") {
			return fmt.Errorf("no load: %s", out)
		}
		return nil
	})
	// When iobound has said that it cannot reach a name outside, a service that got its
	// first request later needs at most as long again.
	const elsewhere = "outside.invalid" // of testdata/internal.yml
	eventually(t, time.Minute, func(context.Context) error {
		if out := closed.run(t, "logs", "--no-color", "iobound"); len(outside(out, names)) == 0 {
			return errors.New("a look-up of a name outside is not seen")
		}
		return nil
	})
	time.Sleep(time.Since(began))
	for _, line := range outside(closed.run(t, append([]string{"logs", "--no-color"}, names...)...), append(slices.Clone(names), elsewhere)) {
		t.Error(line)
	}
	closed.run(t, "down", "--volumes")
}
