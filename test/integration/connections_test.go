package integration

import (
	"bytes"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"loadlab/internal/testkit"
)

// TestEveryListener starts every program with room for few connections at each of
// its listeners: those that do nothing make room for others, and a request with
// two lengths ends its connection (RFC 9112, section 6.1).
func TestEveryListener(t *testing.T) {
	const most = "4"
	temporary := "TMPDIR=" + t.TempDir()
	service := testkit.Start(t, "gateway", "MAX_CONNECTIONS="+most, "ADMIN_MAX_CONNECTIONS="+most)
	generator := testkit.Launch(t, "loadgen", []string{"--duration=0s", "--rate=1", "--admin-max-connections=" + most},
		"LOADGEN_TARGETS=GET "+service.URL+"/", "LOADGEN_ADMIN_ADDR=127.0.0.1:0")
	control := printed(t, generator.Stderr, `control at (http://\S+)\n`)
	console := testkit.StartConsole(t, "CONSOLE_MAX_CONNECTIONS="+most).URL
	environment := []string{temporary}
	for _, name := range []string{"GATEWAY", "IOBOUND", "CPUBOUND", "MIXED", "ITEMS", "PROMETHEUS", "JAEGER", "CONSOLE"} {
		environment = append(environment, name+"_PORT=0")
	}
	for _, name := range []string{"PROMETHEUS", "JAEGER", "CONSOLE", "OTLP"} {
		environment = append(environment, name+"_MAX_CONNECTIONS="+most)
	}
	otlp := testkit.FreeAddress(t)
	_, port, _ := strings.Cut(otlp, ":")
	lab := testkit.Launch(t, "lab", []string{"--no-load"}, append(environment, "OTLP_PORT="+port)...)
	prometheus := printed(t, lab.Stdout, `(http://\S+)/api/v1`)

	for _, row := range []struct{ listener, base, metrics string }{
		{"traffic", service.URL, service.AdminURL},
		{"admin", service.AdminURL, service.AdminURL},
		{"control", control, control},
		{"console", console, console},
		{"console", printed(t, lab.Stdout, `open (http://[^/\s]+)`), prometheus},
		{"prometheus", prometheus, prometheus},
		{"jaeger", printed(t, lab.Stdout, `(http://\S+)/api/v3`), prometheus},
		{"otlp", "http://" + otlp, prometheus},
	} {
		t.Run(row.listener, func(t *testing.T) {
			at, err := url.Parse(row.base)
			if err != nil {
				t.Fatal(err)
			}
			for range 100 {
				conn, err := net.Dial("tcp", at.Host)
				if err != nil {
					t.Fatal(err)
				}
				defer conn.Close()
			}
			client := http.Client{Timeout: 30 * time.Second, Transport: &http.Transport{DisableKeepAlives: true}}
			response, err := client.Get(row.base + "/nothing")
			if err != nil {
				t.Fatalf("next to idle connections: %v", err)
			}
			response.Body.Close()
			if response.StatusCode >= http.StatusInternalServerError {
				t.Errorf("next to idle connections: %s", response.Status)
			}
			labels := testkit.Labels{"listener": row.listener}
			metrics := testkit.Metrics(t, row.metrics+"/metrics")
			if limit, open := metrics.Sum("lab_connections_limit", labels), metrics.Sum("lab_connections", labels); limit != 4 || open > 4 {
				t.Errorf("%v connections are open, the limit is said to be %v", open, limit)
			}
			if closed := metrics.Sum("lab_connections_closed_total", labels); closed < 90 {
				t.Errorf("%v connections are counted as closed", closed)
			}

			const twice = "GET /nothing HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"
			reply, rest := testkit.Raw(t, at.Host, twice+"GET /smuggled HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
			if !reply.Close || bytes.Contains(rest, []byte("HTTP/1.1")) {
				t.Errorf("after two lengths: %s, close %t, then %s", reply.Status, reply.Close, rest)
			}
			_, _ = io.Copy(io.Discard, reply.Body)
		})
	}
}
