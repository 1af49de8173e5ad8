package lab_test

import (
	"fmt"
	"net/http"
	"os"
	"regexp"
	"runtime"
	"strings"
	"testing"

	"loadlab/internal/exitcode"
	"loadlab/internal/testkit"
	"loadlab/runtimes"
	"loadlab/test/observe"
)

func runtimePorts(further ...string) []string {
	for _, s := range runtimes.All() {
		further = append(further, strings.ToUpper(s.Name)+"_PORT=0")
	}
	return further
}

// Each runtime that is there runs, is scraped, has one core, and ends with the lab.
func TestRuntimes(t *testing.T) {
	var found []string
	for _, s := range runtimes.All() {
		err := s.Find(t.Context())
		if err == nil {
			found = append(found, s.Name)
			continue
		}
		t.Run(s.Name, func(t *testing.T) { testkit.RequireFound(t, err) })
	}
	l := start(t, []string{"--runtimes", "--no-load"}, runtimePorts()...)
	for _, name := range found {
		l.until(name+" is scraped", func() bool {
			_, body := testkit.Get(t, l.prometheus+`/api/v1/query?query=http_server_active_requests{job="`+name+`"}`)
			return strings.Contains(body, `"http_route":"/slow"`)
		})
		pid := l.pids()[name]
		if pid == 0 {
			t.Errorf("%s was not ready:\n%s", name, l.Stdout())
			continue
		}
		if runtime.GOOS != "linux" {
			continue
		}
		status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
		if err != nil {
			t.Error(err)
		}
		if !regexp.MustCompile(`(?m)^Cpus_allowed_list:\t\d+$`).Match(status) {
			t.Errorf("%s may use more than one core:\n%s", name, status)
		}
	}
	l.drawsRuntimes(found)
	if code := l.Stop(); code != exitcode.Pass {
		t.Errorf("exit code %d", code)
	}
	l.awaitNoChildren()
}

// A runtime that is not there is named with the package that brings it, and the rest starts.
func TestMissingRuntimesAreNamed(t *testing.T) {
	// This module comes before the installed one, and fails as if there were none.
	hidden := t.TempDir()
	if err := os.WriteFile(hidden+"/tornado.py", []byte(`raise ModuleNotFoundError("No module named 'tornado'")`), 0o600); err != nil {
		t.Fatal(err)
	}
	want := []string{"Node.js needs the Debian package nodejs: "}
	if tornado, _ := runtimes.Named("tornado"); tornado.Find(t.Context()) == nil {
		want = append(want, "Tornado needs the Debian package python3-tornado: ")
	}
	l := start(t, []string{"--runtimes", "--no-load"}, runtimePorts("PATH="+t.TempDir(), "PYTHONPATH="+hidden, "PYTHONDONTWRITEBYTECODE=1")...)
	for _, message := range want {
		if out := l.Stdout(); !strings.Contains(out, "not started: "+message) {
			t.Errorf("the lab does not say %q:\n%s", message, out)
		}
	}
	if pids := l.pids(); pids["nethttp"] == 0 || pids["node"] != 0 {
		t.Errorf("processes %v", pids)
	}
}

func TestUnknownRuntime(t *testing.T) {
	for _, args := range [][]string{{"runtime"}, {"runtime", "cobol"}, {"runtime", "--core", "one", "node"}} {
		p := testkit.Launch(t, "lab", args)
		if code := p.Wait().ExitCode(); code != exitcode.Usage || !strings.Contains(p.Stderr(), "tornado, asyncio, uvloop, node, nethttp") {
			t.Errorf("%v: exit code %d: %s", args, code, p.Stderr())
		}
	}
}

// drawsRuntimes wants the dashboard in the console's list, and data in each of its panels.
func (l *lab) drawsRuntimes(found []string) {
	l.t.Helper()
	if _, config := testkit.Get(l.t, l.console+"/config.json"); !strings.Contains(config, `"uid":"runtimes"`) {
		l.t.Errorf("the console has no dashboard of the runtimes: %s", config)
	}
	if status, _ := testkit.Get(l.t, l.console+"/dashboards/runtimes.json"); status != http.StatusOK {
		l.t.Errorf("the dashboard of the runtimes is answered with %d", status)
	}
	l.until("every panel has data of each runtime", func() bool {
		for _, name := range found {
			testkit.Get(l.t, l.field(`(http://\S+) +`+regexp.QuoteMeta(titles()[name])+`, the tutorial`)+"/fast")
		}
		return observe.Prometheus(l.prometheus).CheckRuntimes(l.t.Context(), found) == nil
	})
}

func titles() map[string]string {
	all := map[string]string{}
	for _, s := range runtimes.All() {
		all[s.Name] = s.Title
	}
	return all
}
