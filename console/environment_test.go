package console_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"

	"loadlab/console"
	"loadlab/grafana"
	"loadlab/internal/env"
)

func TestEnvironment(t *testing.T) {
	for _, row := range []struct {
		name  string
		vars  map[string]string
		wrong []string
	}{
		{"nothing", nil, nil},
		{"everything", map[string]string{
			"CONSOLE_ADDR": ":8089", "CONSOLE_GENERATOR_URL": "http://loadgen:9464",
			"CONSOLE_PROMETHEUS_URL": "http://prometheus:9090", "CONSOLE_TRACES_URL": "http://jaeger:16686",
			"CONSOLE_FAULT_URLS":  "gateway=http://gateway:9464, items=http://items:9464",
			"CONSOLE_JAEGER_LINK": "http://127.0.0.1:16686", "CONSOLE_GRAFANA_LINK": "http://127.0.0.1:3000",
		}, nil},
		{"every problem at once", map[string]string{
			"CONSOLE_ADDR": "here", "CONSOLE_GENERATOR_URL": "loadgen:9464",
			"CONSOLE_PROMETHEUS_URL": "prometheus:9090", "CONSOLE_GRAFANA_LINK": "javascript:alert(1)", "CONSOLE_FAULT_URLS": "items",
		}, []string{"CONSOLE_ADDR", "CONSOLE_GENERATOR_URL", "CONSOLE_PROMETHEUS_URL", "CONSOLE_GRAFANA_LINK", "CONSOLE_FAULT_URLS"}},
		{"name that is a path", map[string]string{"CONSOLE_FAULT_URLS": "../items=http://items"}, []string{"CONSOLE_FAULT_URLS"}},
		{"name twice", map[string]string{"CONSOLE_FAULT_URLS": "a=http://a,a=http://b"}, []string{"CONSOLE_FAULT_URLS"}},
		{"address of no service", map[string]string{"CONSOLE_FAULT_URLS": "a=b"}, []string{"CONSOLE_FAULT_URLS"}},
	} {
		t.Run(row.name, func(t *testing.T) {
			var e console.Environment
			err := env.Parse(func(name string) string { return row.vars[name] }, &e)
			if (err != nil) != (row.wrong != nil) {
				t.Fatal(err)
			}
			for _, variable := range row.wrong {
				if !strings.Contains(err.Error(), variable) {
					t.Errorf("%v does not name %s", err, variable)
				}
			}
		})
	}
}

func TestConsoleOfContainers(t *testing.T) {
	e := console.Environment{
		Generator: echo(t, "generator").URL, Faults: "items=" + echo(t, "items").URL, Prometheus: echo(t, "prometheus").URL,
	}
	l := open(t, e.Config())
	for path, want := range map[string]string{
		"/generator/api/v1/run": `"Upstream":"generator"`, "/fault/items": `"Upstream":"items"`,
		"/prometheus/api/v1/query": `"Upstream":"prometheus"`,
		"/config.json":             `"mode":"containers"`, "/traces/api/v3/services": "without the trace store",
		"/experiments/api/v1/runs": "without experiments",
	} {
		if answer := l.get(t, path); !strings.Contains(answer.body, want) {
			t.Errorf("%s: %s", path, answer.body)
		}
	}
}

// The servers of the profile runtimes come and go while the console runs; their
// dashboard is listed while Prometheus scrapes one.
func TestDashboardOfRuntimesIsListedWhileTheyRun(t *testing.T) {
	var result atomic.Value
	prometheus := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/base/api/v1/query" && r.URL.Query().Get("query") == grafana.RuntimesUp {
			fmt.Fprintf(w, `{"status":"success","data":{"resultType":"vector","result":%s}}`, result.Load())
		}
	}))
	defer prometheus.Close()
	e := console.Environment{Prometheus: prometheus.URL + "/base/"}
	l := open(t, e.Config())
	listed := func() bool { return strings.Contains(l.get(t, "/config.json").body, `"uid":"runtimes"`) }
	for _, row := range []struct {
		name, result string
		want         bool
	}{
		{"none runs", `[]`, false},
		{"one runs", `[{"metric":{"job":"node"},"value":[1,"1"]}]`, true},
		{"none runs any more", `[]`, false},
		{"no answer of Prometheus", `!`, false},
	} {
		if result.Store(row.result); listed() != row.want {
			t.Errorf("%s: listed %t", row.name, !row.want)
		}
	}
	if prometheus.Close(); listed() {
		t.Error("without Prometheus it is listed")
	}
	if board := l.get(t, "/dashboards/runtimes.json"); board.status != http.StatusOK {
		t.Errorf("the dashboard is answered %d", board.status)
	}
}
