package lab_test

import (
	"net/http"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"loadlab/internal/testkit"
	"loadlab/test/observe"
)

// reachesAll asks each upstream through the console, and changes the load as its page does.
func (l *lab) reachesAll(t *testing.T) {
	for path, want := range map[string]string{
		"/":                                   "<title>loadlab</title>",
		"/config.json":                        `"services":["gateway","mixed","items","cpubound","iobound"]`,
		"/dashboards/io-vs-cpu.json":          `"panels"`,
		"/prometheus/api/v1/query?query=up":   `"resultType":"vector"`,
		"/traces/api/v3/services":             `"gateway"`,
		"/generator/api/v1/run":               `"scenario":"tour"`,
		"/fault/cpubound":                     `"kinds"`,
		"/experiments/api/v1/experiments":     `"tutorial-io"`,
		"/experiments/api/v1/runs":            `"running":null`,
		"/prometheus/api/v1/label/job/values": `"loadgen"`,
	} {
		if code, body := testkit.Get(t, l.console+path); code != http.StatusOK || !strings.Contains(body, want) {
			t.Errorf("%s: %d %.300s", path, code, body)
		}
	}
	if _, config := testkit.Get(t, l.console+"/config.json"); strings.Contains(config, `"uid":"runtimes"`) {
		t.Errorf("the console lists the dashboard of runtimes, and none runs: %s", config)
	}
	for _, url := range []string{l.console + "/config.json", l.prometheus + "/metrics", l.query + "/api/v3/services"} {
		testkit.Guarded(t, url, http.StatusOK)
	}
	testkit.Guarded(t, l.field(`(http://\S+/v1/traces) `), http.StatusMethodNotAllowed)
	if err := observe.Change(t.Context(), l.console, http.MethodPatch, "/generator/api/v1/run", `{"rate":7}`); err != nil {
		t.Error(err)
	}
	if code, body := testkit.Get(t, l.console+"/generator/api/v1/run"); !strings.Contains(body, `"rate":7`) {
		t.Errorf("after a change of the rate to 7: %d %s", code, body)
	}
}

// A run that has ended leaves the page, which says what is known of it.
func TestTheConsoleSaysThatTheRunEnded(t *testing.T) {
	t.Parallel()
	l := start(t, nil)
	l.await("loadgen    | ready")
	if err := observe.Steer(t.Context(), l.console, "stop"); err != nil {
		t.Fatal(err)
	}
	l.until("the console knows that the run has ended", func() bool {
		code, body := testkit.Get(t, l.console+"/generator/api/v1/run")
		return code == http.StatusServiceUnavailable && strings.Contains(body, "the run ended") && strings.Contains(body, "scenario tour")
	})
	if reports, err := filepath.Glob(filepath.Join(l.folder, "reports", "loadgen-*.json")); err != nil || len(reports) != 1 {
		t.Errorf("reports %v, %v", reports, err)
	}
}

func TestConsoleOpensInABrowser(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("the stand-in of the browser has Linux's name")
	}
	t.Parallel()
	bin := t.TempDir()
	opened := filepath.Join(bin, "opened")
	script := "#!/bin/sh\necho \"$@\" >" + opened + ".part && mv " + opened + ".part " + opened + "\n"
	if err := os.WriteFile(filepath.Join(bin, "xdg-open"), []byte(script), 0o755); err != nil {
		t.Fatal(err)
	}
	l := start(t, []string{"--open", "--no-load"}, "PATH="+bin+":"+os.Getenv("PATH"))
	var address []byte
	l.until("the browser is started", func() (done bool) {
		var err error
		address, err = os.ReadFile(opened)
		return err == nil
	})
	if strings.TrimSpace(string(address)) != l.console {
		t.Errorf("the browser opens %s instead of %s", address, l.console)
	}
	if code, body := testkit.Get(t, l.console+"/generator/api/v1/run"); code != http.StatusNotFound || !strings.Contains(body, "without the load generator") {
		t.Errorf("without load: %d %s", code, body)
	}
}

func TestLabGoesOnWithoutABrowser(t *testing.T) {
	t.Parallel()
	l := start(t, []string{"--open", "--no-load"}, "PATH=/nowhere")
	l.await("no browser could be started")
	if code, body := testkit.Get(t, l.console); code != http.StatusOK {
		t.Errorf("%d %s", code, body)
	}
}
