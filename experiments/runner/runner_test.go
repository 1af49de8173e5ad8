package runner_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"loadlab/experiments/catalog"
	"loadlab/experiments/result"
	"loadlab/experiments/runner"
	"loadlab/internal/testkit"
	"loadlab/loadgen"
	"loadlab/loadgen/control"
	"loadlab/loadgen/pace"
	"loadlab/loadgen/plan"
	"loadlab/loadgen/target"
)

// patience is more than any wait of these tests takes on a busy machine.
const patience = 60 * time.Second

// place is a runner over HTTP, which runs the lab's own command line.
type place struct {
	t   *testing.T
	url string
	*runner.Runner
	folder string
}

func open(t *testing.T, load string, environment ...string) place {
	t.Helper()
	folder := filepath.Join(t.TempDir(), "results")
	d, err := runner.New(runner.Config{
		Executable: testkit.Build(t, "lab"), Environ: append(os.Environ(), environment...), Folder: folder, Load: load,
	})
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(d.Handler())
	t.Cleanup(func() { d.Close(); server.Close() })
	return place{t: t, url: server.URL + "/api/v1/", Runner: d, folder: folder}
}

func (p place) call(method, path, body string) (status int, answer string) {
	p.t.Helper()
	request, err := http.NewRequestWithContext(p.t.Context(), method, p.url+path, strings.NewReader(body))
	if err != nil {
		p.t.Fatal(err)
	}
	request.Header.Set("Content-Type", "application/json")
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		p.t.Fatal(err)
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		p.t.Fatal(err)
	}
	return response.StatusCode, string(text)
}

// runs is what GET runs answers.
type runs struct {
	Running *runner.Running
	Last    *runner.Ended
	Results []runner.Kept
}

func (p place) runs() (r runs) {
	p.t.Helper()
	_, text := p.call(http.MethodGet, "runs", "")
	if err := json.Unmarshal([]byte(text), &r); err != nil {
		p.t.Fatalf("%s: %v", text, err)
	}
	return r
}

func (p place) starts(name string) {
	p.t.Helper()
	if status, text := p.call(http.MethodPost, "runs", fmt.Sprintf(`{"name": %q, "quick": true}`, name)); status != http.StatusOK {
		p.t.Fatalf("%d %s", status, text)
	}
}

func (p place) until(what string, holds func(runs) bool) runs {
	p.t.Helper()
	for deadline := time.Now().Add(patience); time.Now().Before(deadline); time.Sleep(10 * time.Millisecond) {
		if r := p.runs(); holds(r) {
			return r
		}
	}
	p.t.Fatalf("not so after %v: %s; %+v", patience, what, p.runs())
	return runs{}
}

func ended(r runs) bool { return r.Running == nil && r.Last != nil }

func measuring(r runs) bool { return r.Running != nil && r.Running.Next != nil }

// One experiment from the order to the page of its result.
func TestRun(t *testing.T) {
	p := open(t, "")
	registry := prometheus.NewRegistry()
	registry.MustRegister(p)
	p.starts("tutorial-blocking")
	now := p.until("it measures", measuring).Running
	if now.Name != "tutorial-blocking" || !now.Quick || now.Next.Rounds != 1 || now.Next.All != 2 || now.Next.Left <= 0 {
		t.Errorf("running %+v, next %+v", now, now.Next)
	}
	if status, text := p.call(http.MethodPost, "runs", `{"name": "tutorial-io"}`); status != http.StatusConflict || !strings.Contains(text, "one at a time") {
		t.Errorf("a second one: %d %s", status, text)
	}
	shown := testkit.Gather(t, registry).Sum("lab_experiment_info", testkit.Labels{"experiment": "tutorial-blocking", "run_id": now.Run})
	if shown != 1 && p.runs().Running != nil {
		t.Errorf("lab_experiment_info is %v while it runs", shown)
	}
	after := p.until("it has ended", ended)
	if n := testkit.Gather(t, registry).Count("lab_experiment_info", nil); n != 0 {
		t.Error("lab_experiment_info is there after the end")
	}
	id := after.Last.Run
	if len(after.Results) != 1 || after.Results[0].ID != id || after.Results[0].Name != "tutorial-blocking" || after.Results[0].Answer == "" ||
		after.Last.Ending == nil || after.Results[0].Verdict != after.Last.Ending.Verdict {
		t.Errorf("kept %+v, last %+v", after.Results, after.Last)
	}
	status, text := p.call(http.MethodGet, "runs/"+id, "")
	result, err := result.Read(strings.NewReader(text))
	if status != http.StatusOK || err != nil || result.ID != id || len(result.Rounds[0].Points) != 2 {
		t.Errorf("result %d %v %.300s", status, err, text)
	}
	if status, page := p.call(http.MethodGet, "runs/"+id+"/page", ""); status != http.StatusOK || !strings.Contains(page, "<h1>One blocking call</h1>") {
		t.Errorf("page %d %.300s", status, page)
	}
}

// What is measured of a run that is stopped stays, and the runner takes the next one.
func TestStop(t *testing.T) {
	p := open(t, "")
	p.starts("io-scaling")
	p.until("something is measured", func(r runs) bool { return r.Running != nil && len(r.Running.Points) > 0 })
	if status, text := p.call(http.MethodPost, "runs/stop", ""); status != http.StatusOK || !strings.Contains(text, `"stopping":true`) {
		t.Errorf("stop: %d %s", status, text)
	}
	after := p.until("it has ended", ended)
	if after.Last.Ending == nil || after.Last.Ending.Verdict != result.Incomplete || len(after.Results) != 1 {
		t.Errorf("last %+v, kept %d", after.Last, len(after.Results))
	}
	p.starts("tutorial-blocking")
	p.Close()
	if err := p.Start("tutorial-io", true); err == nil {
		t.Error("a closed runner starts a run")
	}
	if r := p.runs(); r.Running != nil {
		t.Errorf("a closed runner runs %+v", r.Running)
	}
}

// A run may be stopped while its services start, or before its process says a word.
func TestStopBeforeTheFirstLoad(t *testing.T) {
	p := open(t, "")
	for range 3 {
		p.starts("io-scaling")
		p.Stop()
		if after := p.until("it has ended", ended); after.Last.Ending != nil || after.Last.Failed != "it was stopped before anything was measured" {
			t.Errorf("last %+v", after.Last)
		}
	}
}

func TestRunThatFails(t *testing.T) {
	p := open(t, "", "IOBOUND_URL=nowhere")
	p.starts("tutorial-io")
	if after := p.until("it has ended", ended); after.Last.Ending != nil || !strings.Contains(after.Last.Failed, "IOBOUND_URL") || len(after.Results) != 0 {
		t.Errorf("last %+v, kept %+v", after.Last, after.Results)
	}
}

// load is a generator that runs until the test ends.
func load(t *testing.T) (engine *loadgen.Engine, base string) {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	targets, err := target.Parse("GET " + server.URL)
	if err != nil {
		t.Fatal(err)
	}
	engine, err = loadgen.New(loadgen.Config{Plan: plan.Plan{Name: "background", Phases: []plan.Phase{
		{Name: "load", Loop: plan.Open, Rate: 5, Arrivals: pace.Even, Targets: targets},
	}}})
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	go func() { engine.Run(t.Context()); close(done) }()
	controls := httptest.NewServer(control.Handler(engine))
	t.Cleanup(func() { <-done; controls.Close(); server.Close() })
	return engine, controls.URL
}

// Another load during an experiment would be measured with it.
func TestLoadIsPaused(t *testing.T) {
	engine, base := load(t)
	p := open(t, base)
	for _, before := range []bool{false, true} {
		if before {
			if err := engine.Pause(); err != nil {
				t.Fatal(err)
			}
		}
		p.starts("tutorial-blocking")
		p.until("it measures", measuring)
		if !engine.State().Paused {
			t.Error("the load goes on during the experiment")
		}
		p.until("it has ended", ended)
		if after := engine.State().Paused; after != before {
			t.Errorf("paused %v before the experiment, %v after it", before, after)
		}
	}
}

func TestBadInput(t *testing.T) {
	p := open(t, "http://127.0.0.1:1")
	for _, row := range []struct {
		name, method, path, body string
		status                   int
		detail                   string
	}{
		{"unknown experiment", "POST", "runs", `{"name": "nothing"}`, 400, "there are tutorial-io"},
		{"unknown field", "POST", "runs", `{"nom": "tutorial-io"}`, 400, "not known"},
		{"no JSON", "POST", "runs", `tutorial-io`, 400, "not a JSON object"},
		{"endless", "POST", "runs", `{"name": "` + strings.Repeat("x", 1<<16) + `"}`, 413, "larger than"},
		{"name twice", "POST", "runs", `{"name": "tutorial-io", "name": "nothing"}`, 400, "more than once"},
		{"unknown result", "GET", "runs/tutorial-io-20260101T000000.000", "", 404, "no result"},
		{"another file", "GET", "runs/..%2Fgo.mod", "", 404, "no result"},
		{"another file as a page", "GET", "runs/..%2Fgo/page", "", 404, "no result"},
	} {
		t.Run(row.name, func(t *testing.T) {
			if status, text := p.call(row.method, row.path, row.body); status != row.status || !strings.Contains(text, row.detail) {
				t.Errorf("%d %.300s, want %d with %q", status, text, row.status, row.detail)
			}
		})
	}
	if r := p.runs(); r.Running != nil || r.Last != nil || len(r.Results) != 0 {
		t.Errorf("something runs or is kept: %+v", r)
	}
	p.starts("tutorial-blocking") // a generator that is away is no load
	if after := p.until("it has ended", ended); after.Last.Ending == nil {
		t.Errorf("last %+v", after.Last)
	}
}

func TestFilesThatAreNoResults(t *testing.T) {
	p := open(t, "")
	if err := os.MkdirAll(p.folder, 0o755); err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{
		"half-20260101T000000.000.json": `{"schema": 1, "name": "ha`, "max-20260101T000000.000.json": `{"rate": 5}`, "notes.txt": "", "report.json": "{}",
	} {
		if err := os.WriteFile(filepath.Join(p.folder, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if r := p.runs(); len(r.Results) != 0 {
		t.Errorf("kept %+v", r.Results)
	}
	if status, _ := p.call(http.MethodGet, "runs/half-20260101T000000.000", ""); status != http.StatusInternalServerError {
		t.Errorf("half a result: %d", status)
	}
	all, err := catalog.List()
	if err != nil {
		t.Fatal(err)
	}
	if _, text := p.call(http.MethodGet, "experiments", ""); strings.Count(text, `"question"`) != len(all) {
		t.Errorf("the catalog is %.300s", text)
	}
}

func TestMethods(t *testing.T) {
	p := open(t, "")
	testkit.CheckMethods(t, p.Handler(),
		testkit.Resource{Target: "/api/v1/experiments", Methods: []string{"GET"}},
		testkit.Resource{Target: "/api/v1/runs", Methods: []string{"GET", "POST"}},
	)
}
