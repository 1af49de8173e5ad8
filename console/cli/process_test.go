//go:build unix

package cli_test

import (
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"time"

	"loadlab/internal/testkit"
	"loadlab/test/observe"
)

const (
	within = 20 * time.Second
	poll   = 20 * time.Millisecond
)

// program is a console that runs, with the generator that it watches at an
// address of its own, whether that runs or not.
type program struct {
	t         *testing.T
	url       string
	generator string // host:port
	folder    string // of reports, records and results
	targetURL string
}

func start(t *testing.T, variables ...string) *program {
	t.Helper()
	target := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	t.Cleanup(target.Close)
	p := &program{t: t, generator: testkit.FreeAddress(t), folder: t.TempDir(), targetURL: target.URL}
	process := testkit.StartConsole(t, append(variables, "CONSOLE_GENERATOR_URL=http://"+p.generator,
		"CONSOLE_FAULT_URLS=items=http://127.0.0.1:1", "LOADGEN_REPORT_DIR="+p.folder)...)
	p.url = process.URL
	t.Cleanup(func() {
		if code := process.Stop(); code != 0 {
			t.Errorf("the console ended with %d: %s", code, process.Stderr())
		}
	})
	return p
}

// A listener's own address is of no use where a port is forwarded to it.
func TestTheAddressForABrowserIsPrinted(t *testing.T) {
	process := testkit.Launch(t, "console", nil, "CONSOLE_ADDR=127.0.0.1:0", "CONSOLE_LINK=https://lab.example.org/console")
	p := &program{t: t}
	p.eventually("line with the address", func() bool {
		return strings.Contains(process.Stderr(), "console: https://lab.example.org/console\n")
	})
	if code := process.Stop(); code != 0 {
		t.Errorf("the console ended with %d: %s", code, process.Stderr())
	}
}

func (p *program) eventually(what string, done func() bool) {
	p.t.Helper()
	for deadline := time.Now().Add(within); !done(); time.Sleep(poll) {
		if time.Now().After(deadline) {
			p.t.Fatalf("no %s within %v", what, within)
		}
	}
}

func (p *program) get(path string) (status int, body string) {
	p.t.Helper()
	return testkit.Get(p.t, p.url+path)
}

// says waits until the console answers for the generator with the status and the words, and wants the page to be there.
func (p *program) says(status int, words ...string) {
	p.t.Helper()
	var got int
	var body string
	defer func() {
		if p.t.Failed() {
			p.t.Logf("the last answer was %d %s", got, body)
		}
	}()
	p.eventually("answer "+strings.Join(words, ", "), func() bool {
		got, body = p.get("/generator/api/v1/run")
		for _, word := range words {
			if !strings.Contains(body, word) {
				return false
			}
		}
		return got == status
	})
	if code, page := p.get("/"); code != http.StatusOK || !strings.Contains(page, "<title>loadlab</title>") {
		p.t.Errorf("the page is %d %.100s", code, page)
	}
}

// load starts the generator that the console watches.
func (p *program) load(args ...string) *testkit.Process {
	p.t.Helper()
	return testkit.Launch(p.t, "loadgen", append([]string{"--targets=GET " + p.targetURL}, args...),
		"LOADGEN_ADMIN_ADDR="+p.generator, "LOADGEN_REPORT_DIR="+p.folder)
}

// The console outlives the generator through everything that can become of it.
func TestTheConsoleStaysWhateverTheGeneratorDoes(t *testing.T) {
	p := start(t)
	p.says(http.StatusBadGateway, "the load generator does not answer")

	if code := p.load("--rate=abc").Wait().ExitCode(); code != 2 {
		t.Errorf("a wrong rate ends the generator with %d", code)
	}
	p.says(http.StatusServiceUnavailable, "refused to start", `--rate=\"abc\": not a number`, "docker compose up -d")

	run := p.load("--duration=0s", "--rate=20")
	p.says(http.StatusOK, `"scenario":"targets"`)
	run.Signal(os.Kill) // as the kernel does when memory is short
	run.Wait()
	p.says(http.StatusBadGateway, "the load generator does not answer")

	run = p.load("--duration=0s", "--rate=20")
	p.says(http.StatusOK, `"scenario":"targets"`)
	run.Stop()
	p.says(http.StatusServiceUnavailable, "the run ended", "stopped before its end")

	p.load("--loop=batch", "--count=3").Wait()
	p.says(http.StatusServiceUnavailable, "the run ended", "batch loop", "sent 3 requests", "3 succeeded")

	p.load("--duration=0s", "--rate=20")
	p.says(http.StatusOK, `"scenario":"targets"`)
}

func TestWhatTheProgramServes(t *testing.T) {
	p := start(t)
	for path, want := range map[string]string{
		"/config.json": `"services":["items"]`, "/fault/items": "items does not answer", "/metrics": "go_goroutines", "/livez": "ok",
		"/experiments/api/v1/runs": `"running":null`, "/prometheus/api/v1/query": "without Prometheus",
	} {
		if status, body := p.get(path); !strings.Contains(body, want) {
			t.Errorf("%s: %d %.300s", path, status, body)
		}
	}
	testkit.Guarded(t, p.url+"/config.json", http.StatusOK)
	testkit.Guarded(t, p.url+"/metrics", http.StatusOK)
	address := strings.TrimPrefix(p.url, "http://")
	if code := testkit.Launch(t, "console", []string{"--healthcheck"}, "CONSOLE_ADDR="+address).Wait().ExitCode(); code != 0 {
		t.Errorf("the health check of a console that runs ends with %d", code)
	}
	if code := testkit.Launch(t, "console", []string{"--healthcheck"}, "CONSOLE_ADDR="+p.generator).Wait().ExitCode(); code != 1 {
		t.Errorf("the health check without a console ends with %d", code)
	}
	second := testkit.Launch(t, "console", nil, "CONSOLE_ADDR="+address)
	if code := second.Wait().ExitCode(); code != 2 || !strings.Contains(second.Stderr(), "CONSOLE_ADDR") {
		t.Errorf("a second console on the same address ends with %d: %s", code, second.Stderr())
	}
}

func TestCommandLine(t *testing.T) {
	for _, row := range []struct {
		name           string
		args           []string
		variables      []string
		code           int
		stdout, stderr string
	}{
		{"list", []string{"list"}, nil, 0, "tutorial-io", ""},
		{"explain", []string{"explain", "tutorial-io"}, nil, 0, "Waiting together", ""},
		{"unknown experiment", []string{"run", "nothing"}, nil, 2, "", "tutorial-io"},
		{"version", []string{"--version"}, nil, 0, "loadlab", ""},
		{"help", []string{"--help"}, nil, 0, "CONSOLE_GENERATOR_URL", ""},
		{"unknown word", []string{"serve"}, nil, 2, "", "no such command or flag"},
		{"a word too many", []string{"--version", "now"}, nil, 2, "", "now: no such command or flag"},
		{"every wrong variable", nil, []string{"CONSOLE_ADDR=here", "CONSOLE_TRACES_URL=jaeger:16686"}, 2, "", "CONSOLE_TRACES_URL"},
	} {
		t.Run(row.name, func(t *testing.T) {
			process := testkit.Launch(t, "console", row.args, row.variables...)
			if code := process.Wait().ExitCode(); code != row.code || !strings.Contains(process.Stdout(), row.stdout) || !strings.Contains(process.Stderr(), row.stderr) {
				t.Errorf("exit code %d, want %d:\n%s%s", code, row.code, process.Stdout(), process.Stderr())
			}
		})
	}
}

// An experiment is measured by the console's own executable, against services that run.
func TestAnExperimentOfTheConsole(t *testing.T) {
	service := testkit.Start(t, "iobound")
	p := start(t, "IOBOUND_URL="+service.URL, "IOBOUND_ADMIN_URL="+service.AdminURL)
	if err := observe.Change(t.Context(), p.url, http.MethodPost, "/experiments/api/v1/runs", `{"name": "tutorial-blocking", "quick": true}`); err != nil {
		t.Fatal(err)
	}
	p.eventually("measurement in the metrics", func() bool {
		_, metrics := p.get("/metrics")
		return strings.Contains(metrics, `lab_experiment_info{experiment="tutorial-blocking"`)
	})
	p.eventually("result", func() bool {
		_, runs := p.get("/experiments/api/v1/runs")
		return strings.Contains(runs, `"running":null`) && strings.Contains(runs, `"name":"tutorial-blocking"`) && strings.Contains(runs, `"failed":""`)
	})
}
