package runtimes

import (
	"encoding/json"
	"io"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"loadlab/internal/testkit"
	"loadlab/runtimes"
	"loadlab/runtimes/nethttp"
)

// subject is a server under test. The tests know nothing else of it.
type subject struct {
	name    string
	wait    string // URL of the route that waits; empty if there is none
	spin    string // URL of the route that computes, likewise
	metrics string
	runtime bool // one of the tutorial's servers, not of the lab's services
	loop    bool // has one event loop, which a computation or a blocking call holds
	process *testkit.Process
}

// running are the servers that run already: RUNTIMES_URLS, as name=URL pairs
// separated by commas. With it the tests start no server.
func running() map[string]string {
	pairs, set := os.LookupEnv("RUNTIMES_URLS")
	if !set {
		return nil
	}
	urls := map[string]string{}
	for pair := range strings.SplitSeq(pairs, ",") {
		name, url, _ := strings.Cut(pair, "=")
		urls[name] = url
	}
	return urls
}

// eachSubject runs the test against every server that runs already, or else
// against every one that this machine can run.
func eachSubject(t *testing.T, test func(t *testing.T, s *subject)) {
	eachRuntime(t, test)
	if running() != nil {
		return
	}
	t.Run("iobound", func(t *testing.T) {
		p := testkit.Start(t, "iobound")
		test(t, &subject{name: "iobound", wait: p.URL + "/io/wait", metrics: p.AdminURL + "/metrics", process: p, loop: true})
	})
	t.Run("cpubound", func(t *testing.T) {
		p := testkit.Start(t, "cpubound")
		test(t, &subject{name: "cpubound", spin: p.URL + "/cpu/spin", metrics: p.AdminURL + "/metrics", process: p, loop: true})
	})
}

// eachRuntime runs the test against the tutorial's servers.
func eachRuntime(t *testing.T, test func(t *testing.T, s *subject)) {
	for _, s := range runtimes.All() {
		t.Run(s.Name, func(t *testing.T) {
			urls := running()
			if urls == nil {
				test(t, startRuntime(t, s))
				return
			}
			if urls[s.Name] == "" {
				t.Fatalf("RUNTIMES_URLS has no %s", s.Name)
			}
			test(t, runtimeAt(s, urls[s.Name]))
		})
	}
}

// runtimeAt is the server of that URL.
func runtimeAt(server runtimes.Server, url string) *subject {
	return &subject{
		name: server.Name, wait: url + "/wait", spin: url + "/spin", metrics: url + "/metrics",
		runtime: true, loop: server.Name != nethttp.Name,
	}
}

// requireServer skips the test if the server cannot run on this machine. Without
// LAB_REQUIRE=1 only the one in Go does, whatever is installed: the others take minutes.
func requireServer(t *testing.T, server runtimes.Server) {
	t.Helper()
	if server.Name != nethttp.Name && os.Getenv("LAB_REQUIRE") != "1" {
		t.Skip(server.Title + " takes part with LAB_REQUIRE=1")
	}
	testkit.RequireFound(t, server.Find(t.Context()))
}

// startRuntime starts a server as the lab does, and skips the test if its
// interpreter is not on this machine.
func startRuntime(t *testing.T, server runtimes.Server, environment ...string) *subject {
	t.Helper()
	requireServer(t, server)
	p := launch(t, server, environment...)
	var url string
	eventually(t, "it says where it serves", func() bool {
		for _, line := range serving(p) {
			url = "http://" + line
		}
		return url != "" || p.Ended()
	})
	if p.Ended() {
		t.Fatalf("%s ended at once", server.Name)
	}
	s := runtimeAt(server, url)
	s.process = p
	return s
}

func launch(t *testing.T, server runtimes.Server, environment ...string) *testkit.Process {
	t.Helper()
	if running() != nil {
		t.Skip("needs a server of its own: RUNTIMES_URLS is set")
	}
	return testkit.Launch(t, "lab", []string{"runtime", server.Name},
		append(environment, "LISTEN_ADDR=127.0.0.1:0", "LAB_DATA="+t.TempDir())...)
}

// serving are the addresses that the process has announced. Not every line is JSON.
func serving(p *testkit.Process) (addresses []string) {
	for line := range strings.Lines(p.Stdout()) {
		var parsed struct{ Msg, Address string }
		if json.Unmarshal([]byte(line), &parsed) == nil && parsed.Msg == "serving" {
			addresses = append(addresses, parsed.Address)
		}
	}
	return addresses
}

func eventually(t *testing.T, what string, done func() bool) {
	t.Helper()
	for deadline := time.Now().Add(time.Minute); !done(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("waited in vain until %s", what)
		}
	}
}

// reply is the part of a reply that all servers share.
type reply struct {
	status int
	header http.Header
	body   struct {
		Method string
		Route  string
		Title  string
		Status int
		Result struct {
			Waited   float64 `json:"waited_ms"`
			Blocking bool
			Steps    int
			State    uint64 `json:",string"`
		}
	}
}

func send(t *testing.T, method, url, body string, headers ...string) reply {
	t.Helper()
	r, err := try(t, method, url, body, headers...)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func try(t *testing.T, method, url, body string, headers ...string) (r reply, err error) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), method, url, strings.NewReader(body))
	if err != nil {
		return r, err
	}
	if body != "" {
		request.Header.Set("Content-Type", "application/json")
	}
	for i := 0; i < len(headers); i += 2 {
		request.Header.Set(headers[i], headers[i+1])
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return r, err
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		return r, err
	}
	r.status, r.header = response.StatusCode, response.Header
	if err := json.Unmarshal(text, &r.body); err != nil {
		t.Errorf("%s %s: %v in %q", method, url, err, text)
	}
	return r, nil
}
