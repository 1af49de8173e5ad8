package lab_test

import (
	"encoding/json"
	"net/http"
	"net/http/cookiejar"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
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
		if code, body := fetch(t, l.console+path); code != http.StatusOK || !strings.Contains(body, want) {
			t.Errorf("%s: %d %.300s", path, code, body)
		}
	}
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	browser := &http.Client{Jar: jar}
	response, err := browser.Get(l.console + "/config.json")
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	var settings struct{ Token string }
	if err := json.NewDecoder(response.Body).Decode(&settings); err != nil {
		t.Fatal(err)
	}
	request, err := http.NewRequest(http.MethodPatch, l.console+"/generator/api/v1/run", strings.NewReader(`{"rate":7}`))
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("Origin", l.console)
	request.Header.Set("X-Loadlab-Token", settings.Token)
	changed, err := browser.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer changed.Body.Close()
	var state struct{ Rate float64 }
	if err := json.NewDecoder(changed.Body).Decode(&state); err != nil || state.Rate != 7 {
		t.Errorf("%s: %v %+v", changed.Status, err, state)
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
	if code, body := fetch(t, l.console+"/generator/api/v1/run"); code != http.StatusNotFound || !strings.Contains(body, "without the load generator") {
		t.Errorf("without load: %d %s", code, body)
	}
}

func TestLabGoesOnWithoutABrowser(t *testing.T) {
	t.Parallel()
	l := start(t, []string{"--open", "--no-load"}, "PATH=/nowhere")
	l.await("no browser could be started")
	if code, body := fetch(t, l.console); code != http.StatusOK {
		t.Errorf("%d %s", code, body)
	}
}
