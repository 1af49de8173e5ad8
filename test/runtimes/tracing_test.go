package runtimes

import (
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"loadlab/internal/exitcode"
	"loadlab/internal/testkit"
	"loadlab/runtimes"
)

const callersTrace, callersSpan = "7a557f8d3230a9a5cb055d470a933694", "0349fc5c0b5a9d05"

// nodePackages installs the packages of runtimes/node, and returns their folder.
func nodePackages(t *testing.T) string {
	t.Helper()
	testkit.Require(t, "npm")
	folder := t.TempDir()
	for _, name := range []string{"package.json", "package-lock.json"} {
		text, err := os.ReadFile("../../runtimes/node/" + name)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(folder, name), text, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	install := exec.CommandContext(t.Context(), "npm", "ci", "--prefix", folder, "--no-audit", "--no-fund")
	if out, err := install.CombinedOutput(); err != nil {
		if os.Getenv("LAB_REQUIRE") != "1" {
			t.Skipf("needs the packages of runtimes/node: %v\n%s", err, out)
		}
		t.Fatalf("%v\n%s", err, out)
	}
	return filepath.Join(folder, "node_modules")
}

// Go exports spans as it is, Node.js with its packages; both send the last ones at their end.
func TestRequestsAreExportedAsSpans(t *testing.T) {
	for _, name := range []string{"nethttp", "node"} {
		t.Run(name, func(t *testing.T) {
			collector := testkit.NewCollector(t)
			environment := []string{"OTEL_EXPORTER_OTLP_ENDPOINT=" + collector.URL}
			if name == "node" {
				environment = append(environment, "NODE_PATH="+nodePackages(t))
			}
			server, _ := runtimes.Named(name)
			s := startRuntime(t, server, environment...)
			r := send(t, http.MethodPut, s.wait+"?ms=1", "", "Traceparent", "00-"+callersTrace+"-"+callersSpan+"-01")
			send(t, http.MethodGet, s.wait+"/further", "", "Traceparent", "00-"+callersTrace+"-"+callersSpan+"-01")
			testkit.Metrics(t, s.metrics)
			if code := s.process.Stop(); code != exitcode.Pass {
				t.Errorf("exit code %d: %s", code, s.process.Stderr())
			}
			spans := collector.Spans(testkit.Of(name))
			if len(spans) != 2 {
				t.Fatalf("%d spans of two requests and a scrape: %+v", len(spans), spans)
			}
			found := collector.Spans(testkit.Of(name), testkit.Named("PUT /wait"), testkit.InTrace(callersTrace))
			if len(found) != 1 {
				t.Fatalf("no span is called after its route: %+v", spans)
			}
			if nameless := collector.Spans(testkit.Of(name), testkit.Named("GET")); len(nameless) != 1 || nameless[0].Attrs["http.route"] != "" {
				t.Errorf("the span of a request without a route has a name or a route: %+v", spans)
			}
			span := found[0]
			if span.ParentID != callersSpan || r.header.Get("Traceresponse") != "00-"+callersTrace+"-"+span.ID+"-01" {
				t.Errorf("the span %+v is not the one of the reply's %q", span, r.header.Get("Traceresponse"))
			}
			for key, want := range map[string]string{"http.request.method": "PUT", "http.route": "/wait", "http.response.status_code": "200"} {
				if span.Attrs[key] != want {
					t.Errorf("%s is %q, want %q", key, span.Attrs[key], want)
				}
			}
			for key, want := range map[string]string{"service.namespace": "loadlab", "lab.job": name} {
				if span.Resource[key] != want {
					t.Errorf("the resource has %s=%q, want %q", key, span.Resource[key], want)
				}
			}
		})
	}
}

// Without its packages or a collector the server serves, and says if packages are missing.
func TestNodeServesWithoutSpans(t *testing.T) {
	const missing = "the npm packages of runtimes/node are not installed"
	server, _ := runtimes.Named("node")
	for _, row := range []struct {
		name, variable string
		said           bool
	}{
		{"no packages", "OTEL_EXPORTER_OTLP_ENDPOINT=http://127.0.0.1:9", true},
		{"no collector", "OTEL_EXPORTER_OTLP_ENDPOINT=", false},
		{"switched off", "OTEL_SDK_DISABLED=true", false},
	} {
		t.Run(row.name, func(t *testing.T) {
			s := startRuntime(t, server, row.variable)
			if r := send(t, http.MethodGet, s.wait+"?ms=0", ""); r.status != http.StatusOK {
				t.Errorf("status %d", r.status)
			}
			if said := strings.Contains(s.process.Stdout(), missing); said != row.said {
				t.Errorf("says that packages are missing: %t\n%s", said, s.process.Stdout())
			}
		})
	}
}

// A collector that does not answer delays the end of the server for a moment, and makes no error of it.
func TestNodeEndsWithASilentCollector(t *testing.T) {
	silent, err := net.Listen("tcp", "127.0.0.1:0") // it accepts connections and reads nothing
	if err != nil {
		t.Fatal(err)
	}
	defer silent.Close()
	server, _ := runtimes.Named("node")
	s := startRuntime(t, server, "OTEL_EXPORTER_OTLP_ENDPOINT=http://"+silent.Addr().String(), "OTEL_TRACES_SAMPLER=always_on", "NODE_PATH="+nodePackages(t))
	if r := send(t, http.MethodGet, s.wait+"?ms=0", ""); r.status != http.StatusOK {
		t.Errorf("status %d", r.status)
	}
	if code := s.process.Stop(); code != exitcode.Pass {
		t.Errorf("exit code %d: %s", code, s.process.Stderr())
	}
}
