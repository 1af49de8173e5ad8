package control_test

import (
	"bufio"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"loadlab/internal/testkit"
	"loadlab/loadgen"
	"loadlab/loadgen/control"
)

// runner records the calls that it receives.
type runner struct {
	calls     []string
	snapshots chan loadgen.Snapshot
}

func (r *runner) State() loadgen.State { return loadgen.State{RunID: "r1", Phase: "io"} }

func (r *runner) Apply(p loadgen.Patch) error {
	if p.Rate != nil && *p.Rate < 0 {
		return errors.New("rate: -1 is not allowed")
	}
	r.calls = append(r.calls, "apply")
	return nil
}

func (r *runner) Pause() error  { r.calls = append(r.calls, "pause"); return nil }
func (r *runner) Resume() error { return errors.New("nothing is running") }
func (r *runner) Stop()         { r.calls = append(r.calls, "stop") }
func (r *runner) Watch() (<-chan loadgen.Snapshot, func()) {
	return r.snapshots, func() {}
}

func TestRequests(t *testing.T) {
	json := http.Header{"Content-Type": {"application/json"}}
	with := func(pairs ...string) http.Header {
		h := json.Clone()
		for i := 0; i < len(pairs); i += 2 {
			h.Set(pairs[i], pairs[i+1])
		}
		return h
	}
	for _, row := range []struct {
		name, method, path, body string
		header                   http.Header
		status                   int
		calls                    string
		says                     string
	}{
		{"state", "GET", "", "", nil, 200, "", `"phase":"io"`},
		{"patch", "PATCH", "", `{"rate":5}`, json, 200, "apply", `"run_id":"r1"`},
		{"patch that is refused", "PATCH", "", `{"rate":-1}`, json, 400, "", "rate: -1 is not allowed"},
		{"unknown field", "PATCH", "", `{"speed":1}`, json, 400, "", `\"speed\", which is not known`},
		{"two patches", "PATCH", "", `{}{}`, json, 400, "", "more than one value"},
		{"no JSON", "PATCH", "", `{"rate":5}`, nil, 415, "", "application/json"},
		{"a field twice", "PATCH", "", `{"rate":5,"rate":6}`, json, 400, "", "more than once"},
		{"a target twice", "PATCH", "", `{"mix":{"a":1,"b":{"a":1},"a":2}}`, json, 400, "", "more than once"},
		{"a field in another case", "PATCH", "", `{"RATE":5}`, json, 400, "", "is not known"},
		{"half a character", "PATCH", "", `{"mix":{"a\ud800":1}}`, json, 400, "", "surrogate"},
		{"a precondition", "PATCH", "", `{"rate":5}`, with("If-Match", `"1"`), 412, "", "If-Match"},
		{"a precondition of an action", "POST", "/stop", "", with("If-None-Match", "*"), 412, "", "If-None-Match"},
		{"huge", "PATCH", "", `{"mix":{"` + strings.Repeat("a", 1<<20) + `":1}}`, json, 413, "", "larger than"},
		{"pause", "POST", "/pause", "", nil, 200, "pause", "r1"},
		{"resume without a run", "POST", "/resume", "", nil, 409, "", "nothing is running"},
		{"stop", "POST", "/stop", "", nil, 200, "stop", "r1"},
		{"stop by GET", "GET", "/stop", "", nil, 405, "", ""},
	} {
		t.Run(row.name, func(t *testing.T) {
			run := &runner{}
			request := httptest.NewRequest(row.method, "http://127.0.0.1:8089/api/v1/run"+row.path, strings.NewReader(row.body))
			for name, values := range row.header {
				request.Header[name] = values
			}
			reply := httptest.NewRecorder()
			control.Handler(run).ServeHTTP(reply, request)
			if reply.Code != row.status || strings.Join(run.calls, " ") != row.calls || !strings.Contains(reply.Body.String(), row.says) {
				t.Errorf("status %d, calls %v, %s; want %d, %q, %q", reply.Code, run.calls, reply.Body, row.status, row.calls, row.says)
			}
			if reply.Header().Get("Access-Control-Allow-Origin") != "" {
				t.Error("other origins may read the reply")
			}
		})
	}
}

// A run has no entity tag, so no change of it is made under a precondition that asks for one.
func TestEveryChangeHeedsPreconditions(t *testing.T) {
	for _, path := range []string{"", "/pause", "/resume", "/stop"} {
		method, body := "POST", ""
		if path == "" {
			method, body = "PATCH", `{"rate":5}`
		}
		run := &runner{}
		request := httptest.NewRequest(method, "/api/v1/run"+path, strings.NewReader(body))
		request.Header.Set("Content-Type", "application/json")
		request.Header.Set("If-Match", `"1"`)
		reply := httptest.NewRecorder()
		control.Handler(run).ServeHTTP(reply, request)
		if reply.Code != http.StatusPreconditionFailed || len(run.calls) > 0 {
			t.Errorf("%s %s: status %d, calls %v; want 412", method, path, reply.Code, run.calls)
		}
	}
}

func TestEvents(t *testing.T) {
	run := &runner{snapshots: make(chan loadgen.Snapshot, 1)}
	server := httptest.NewServer(control.Handler(run))
	defer server.Close()
	reply, err := http.Get(server.URL + "/api/v1/run/events")
	if err != nil {
		t.Fatal(err)
	}
	defer reply.Body.Close()
	run.snapshots <- loadgen.Snapshot{Completed: 7}
	lines := bufio.NewReader(reply.Body)
	var got []string
	for len(got) < 5 {
		line, err := lines.ReadString('\n')
		if err != nil && !errors.Is(err, io.EOF) {
			t.Fatal(err)
		}
		got = append(got, strings.TrimSpace(line))
	}
	if got[0] != "event: state" || got[3] != "event: snapshot" || !strings.Contains(got[4], `"completed":7`) {
		t.Errorf("events %q", got)
	}
}

func TestMethods(t *testing.T) {
	snapshots := make(chan loadgen.Snapshot)
	close(snapshots)
	testkit.CheckMethods(t, control.Handler(&runner{snapshots: snapshots}),
		testkit.Resource{Target: "/api/v1/run", Methods: []string{"GET", "PATCH"}},
		testkit.Resource{Target: "/api/v1/run/pause", Methods: []string{"POST"}},
		testkit.Resource{Target: "/api/v1/run/resume", Methods: []string{"POST"}},
		testkit.Resource{Target: "/api/v1/run/stop", Methods: []string{"POST"}},
	)
}

// A stream has no end that HEAD could wait for.
func TestHeadOfTheStreamEnds(t *testing.T) {
	ended := make(chan struct{})
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		defer close(ended)
		control.Handler(&runner{}).ServeHTTP(w, r)
	}))
	defer server.Close()
	client := http.Client{Timeout: time.Minute}
	reply, err := client.Head(server.URL + "/api/v1/run/events")
	if err != nil {
		t.Fatal(err)
	}
	defer reply.Body.Close()
	if reply.StatusCode != http.StatusOK || reply.Header.Get("Content-Type") != "text/event-stream" {
		t.Errorf("%s, %v", reply.Status, reply.Header)
	}
	select {
	case <-ended:
	case <-time.After(20 * time.Second):
		t.Error("the handler goes on")
	}
}
