package cli_test

import (
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"loadlab/loadgen/report"
)

// shop answers as its paths say.
func shop(t *testing.T) string {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		switch r.URL.Path {
		case "/missing":
			w.WriteHeader(http.StatusNotFound)
		case "/broken":
			w.WriteHeader(http.StatusInternalServerError)
		case "/long":
			_, _ = io.WriteString(w, strings.Repeat("a", 1<<20+1))
			return
		case "/cut":
			w.Header().Set("Content-Length", "1000")
		}
		_, _ = io.WriteString(w, `{"items": [{"id": 1}], "path": "`+r.URL.Path+`"}`)
	}))
	server.Config.ErrorLog = quietLog
	t.Cleanup(server.Close)
	return server.URL
}

func TestChecksDecide(t *testing.T) {
	url := shop(t)
	for _, row := range []struct {
		target, checks string
		outcome        string
		status         int
		cause, example string
	}{
		{"/", "", "ok", 200, "", ""},
		{"/", `status == 200; json("$.items[0].id") == 1`, "ok", 200, "", ""},
		{"/", `body contains "items"`, "ok", 200, "", ""},
		{"/", `header("Content-Type") == "application/json"`, "ok", 200, "", ""},
		{"/", `json("$.items[0].id") == 2`, "check", 200, `check failed: json("$.items[0].id") == 2`, "status 200, body"},
		{"/", "size > 10; size > 1000", "check", 200, "check failed: size > 1000", "status 200"},
		{"/missing", "", "http_error", 404, "", ""},
		{"/missing", "size > 1000", "http_error", 404, "", ""}, // the status is an error already
		{"/missing", "status == 404", "ok", 404, "", ""},
		{"/missing", "status < 300", "check", 404, "check failed: status < 300", "status 404"},
		{"/broken", `status in [500, 503] and json("$.path") == "/broken"`, "ok", 500, "", ""},
		{"/long", "size == 1048577", "ok", 200, "", ""},
		{"/long", `body startsWith "a"`, "check", 200, "check failed: body", "status 200: the body has 1048577 bytes, of which checks see 1048576"},
		{"/long", `json("$.a") == 1`, "check", 200, "check failed: json", "status 200: the body has 1048577 bytes"},
		{"/cut", "status == 200", "protocol_error", 0, "the server closed the connection within the response", "after 38 bytes"},
		{"/cut", `body == ""`, "protocol_error", 0, "the server closed the connection within the response", "after 38 bytes"},
	} {
		t.Run(row.target+" "+row.checks, func(t *testing.T) {
			r := load(t, url+row.target, "--checks="+row.checks)
			if got := r.Targets[0].Outcomes; !maps.Equal(got, map[string]uint64{row.outcome: 3}) {
				t.Errorf("outcomes %v, want %s", got, row.outcome)
			}
			if got := r.Targets[0].Status; row.status > 0 && !maps.Equal(got, map[int]uint64{row.status: 3}) {
				t.Errorf("statuses %v, want %d", got, row.status)
			}
			failures := r.Failures()
			if row.cause == "" && len(failures) > 0 || row.cause != "" && (len(failures) != 1 || failures[0].Count != 3 ||
				failures[0].Outcome != row.outcome || !strings.HasPrefix(failures[0].Cause, row.cause) || !strings.HasPrefix(failures[0].Example, row.example)) {
				t.Errorf("failures %+v, want %q with the example %q", failures, row.cause, row.example)
			}
			if c := r.Clients[0]; row.checks == "" && c.Name != report.LeanClient || row.checks != "" && !slices.Equal(c.Why, []string{"checks"}) {
				t.Errorf("client %+v", c)
			}
		})
	}
}

// A failed check is a failure: of the run, in the printed lines and in the table of failures.
func TestAFailedCheckFailsTheRun(t *testing.T) {
	code, stdout, _ := command(t.Context(), []string{"--loop=batch", "--targets=" + shop(t), "--checks=size < 3", "--admin-addr=off"})
	if code != 3 || !strings.Contains(stdout, "200 check GET http://") || !strings.Contains(stdout, "check failed: size < 3") {
		t.Errorf("exit code %d, %s", code, stdout)
	}
	if code, _, stderr := command(t.Context(), []string{"--targets=" + shop(t), "--checks=size <", "--admin-addr=off"}); code != 2 || !strings.Contains(stderr, "--checks=") {
		t.Errorf("a wrong check: exit code %d, %s", code, stderr)
	}
}

// Targets of a scenario file have checks of their own, next to those of all.
func TestChecksOfScenarioFiles(t *testing.T) {
	url := shop(t)
	path := filepath.Join(t.TempDir(), "scenario.yaml")
	must(t, os.WriteFile(path, fmt.Appendf(nil, `
name: checked
phases:
  - loop: batch
    count: 2
    targets:
      - {name: one, url: "%[1]s/missing", checks: ["status == 404", 'json("$.path") == "/missing"']}
      - {name: two, url: "%[1]s/", checks: ['json("$.path") == "/other"']}
`, url), 0o600))
	r := load(t, "", "--scenario="+path, "--checks=size > 1")
	for _, target := range r.Targets {
		if want := map[string]string{"one": "ok", "two": "check"}[target.Name]; len(target.Outcomes) != 1 || target.Outcomes[want] == 0 {
			t.Errorf("%s: outcomes %v, failures %+v; want %s", target.Name, target.Outcomes, target.Failures, want)
		}
	}
	must(t, os.WriteFile(path, fmt.Appendf(nil, "name: a\nphases: [{loop: batch, count: 2, targets: [{url: '%[1]s', checks: [size > 1]}, {url: '%[1]s', checks: [size < 1]}]}]", url), 0o600))
	if r := load(t, "", "--scenario="+path); len(r.Targets) != 2 || r.Targets[0].Outcomes["ok"] == 0 || r.Targets[1].Outcomes["check"] == 0 {
		t.Errorf("targets that differ in their checks: %+v", r.Targets)
	}
	must(t, os.WriteFile(path, []byte("name: a\nphases: [{targets: [{url: \"http://127.0.0.1/\", checks: [\"status\"]}]}]"), 0o600))
	if code, _, stderr := command(t.Context(), []string{"--scenario=" + path}); code != 2 || !strings.Contains(stderr, `check "status"`) {
		t.Errorf("a wrong check: exit code %d, %s", code, stderr)
	}
}

func TestTheDocumentedChecks(t *testing.T) {
	url := shop(t)
	for _, command := range documented(t, "Checks", "http://127.0.0.1:8080/items", url) {
		r := load(t, "", words(t, command)...)
		if r.Succeeded() != 3 {
			t.Errorf("%s: succeeded %d, failures %+v", command, r.Succeeded(), r.Failures())
		}
	}
}
