package run

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"loadlab/experiments/definition"
)

const needs = `needs:
  - {service: server, setting: "more open files (ulimit -n)", metric: process_max_fds, min: connections + 100}
`

const sample = `name: sample
title: A sample
question: Is it so?
hypothesis: It is.
given: {connections: 20}
` + needs + `steps:
  - {name: waits, target: "GET {server}/wait", loop: open, rates: [10], duration: 200ms, connections: 20, watch: server}
checks:
  - {name: answered, value: waits.ok, min: "1"}
explanation: Because.
`

func parsed(t *testing.T, edits ...string) *definition.Definition {
	t.Helper()
	d, err := definition.Parse("sample", []byte(strings.NewReplacer(edits...).Replace(sample)))
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// serving is the address of a service that answers waits after 2.5 s and has
// metrics, which may depend on how many are waiting.
func serving(t *testing.T, metrics func(waiting int64) string) definition.Env {
	t.Helper()
	var waiting atomic.Int64
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/metrics":
			_, _ = w.Write([]byte(metrics(waiting.Load())))
		case "/wait":
			waiting.Add(1)
			time.Sleep(2500 * time.Millisecond)
			waiting.Add(-1)
		}
	}))
	t.Cleanup(server.Close)
	return definition.Env{Services: map[string]definition.Service{"server": {URL: server.URL, Admin: server.URL}}}
}

func TestNeeds(t *testing.T) {
	e := serving(t, func(int64) string { return "process_max_fds 1024\n" })
	const setting = "; it needs more open files (ulimit -n)"
	for _, row := range []struct {
		bound, unmet string
	}{
		{"min: connections + 100", ""},
		{`min: "1024"`, ""},
		{`min: "1000 * connections"`, "server: process_max_fds is 1024, not at least 20000" + setting},
		{`equals: "1024"`, ""},
		{`equals: "1000"`, "server: process_max_fds is 1024, not 1000" + setting},
		{`equals: "2000"`, "server: process_max_fds is 1024, not 2000" + setting},
	} {
		unmet, err := unmetNeeds(t.Context(), parsed(t, "min: connections + 100", row.bound), e)
		if err != nil || strings.Join(unmet, "\n") != row.unmet {
			t.Errorf("%s: %q, %v; want %q", row.bound, unmet, err, row.unmet)
		}
	}
}

func TestNeedWithoutAnAdminAddressNamesItsVariable(t *testing.T) {
	e := serving(t, func(int64) string { return "" })
	e.Services["server"] = definition.Service{URL: e.Services["server"].URL}
	unmet, err := unmetNeeds(t.Context(), parsed(t), e)
	if want := "server: it has no admin address; set SERVER_ADMIN_URL, from which process_max_fds is read"; err != nil || strings.Join(unmet, "\n") != want {
		t.Errorf("%q, %v; want %q", unmet, err, want)
	}
}

// A generator out of files would blame the service.
func TestTooFewFilesForTheConnectionsAreNamed(t *testing.T) {
	for _, row := range []struct {
		name  string
		load  string
		limit uint64
		want  string
	}{
		{"as many as allowed", "rates: [10], connections: 20", 120, ""},
		{"one too many", "rates: [10], connections: 20", 119, "step waits at 10 needs 120 open files, and this process may have 119: raise the limit (ulimit -n 120)"},
		{"an open loop's default, which it may never reach", "rates: [10]", 119, ""},
		{"a closed loop", "concurrencies: [30]", 119, "step waits at 30 needs 130 open files, and this process may have 119: raise the limit (ulimit -n 130)"},
		{"a batch", "counts: [30]", 119, "step waits at 30 needs 130 open files, and this process may have 119: raise the limit (ulimit -n 130)"},
	} {
		t.Run(row.name, func(t *testing.T) {
			edits := []string{"rates: [10], duration: 200ms, connections: 20", row.load + ", duration: 200ms"}
			switch {
			case strings.HasPrefix(row.load, "counts"):
				edits = []string{"loop: open, rates: [10], duration: 200ms, connections: 20", "loop: batch, " + row.load}
			case strings.HasPrefix(row.load, "concurrencies"):
				edits = append(edits, "loop: open", "loop: closed")
			}
			d := parsed(t, edits...)
			lacking, err := newRunner(d, serving(t, func(int64) string { return "" }), Options{}).above(row.limit)
			if err != nil || strings.Join(lacking, "\n") != row.want {
				t.Errorf("%q, %v; want %q", lacking, err, row.want)
			}
		})
	}
}
