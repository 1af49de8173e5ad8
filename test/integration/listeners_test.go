package integration

import (
	"regexp"
	"strings"
	"testing"
	"time"

	"loadlab/internal/testkit"
)

// printed waits for what a process says.
func printed(t *testing.T, said func() string, pattern string) string {
	t.Helper()
	for deadline := time.Now().Add(time.Minute); time.Now().Before(deadline); time.Sleep(20 * time.Millisecond) {
		if found := regexp.MustCompile(pattern).FindStringSubmatch(said()); found != nil {
			return found[1]
		}
	}
	t.Fatalf("no %s in %s", pattern, said())
	return ""
}

// The listeners that are no service's, in the programs that users start.
func TestCurlOnEveryOtherListener(t *testing.T) {
	testkit.Require(t, "curl")
	generator := testkit.Launch(t, "loadgen", []string{"--duration=0s", "--rate=1"},
		"LOADGEN_TARGETS=GET "+testkit.Start(t, "iobound").URL+"/", "LOADGEN_ADMIN_ADDR=127.0.0.1:0")
	admin := printed(t, generator.Stderr, `control at (http://\S+)\n`)
	console := testkit.StartConsole(t, "CONSOLE_GENERATOR_URL="+admin).URL
	environment := []string{}
	for _, name := range []string{"GATEWAY", "IOBOUND", "CPUBOUND", "MIXED", "ITEMS", "PROMETHEUS", "JAEGER", "CONSOLE"} {
		environment = append(environment, name+"_PORT=0")
	}
	otlp := testkit.FreeAddress(t)
	_, port, _ := strings.Cut(otlp, ":")
	lab := testkit.Launch(t, "lab", []string{"--no-load"}, append(environment, "OTLP_PORT="+port)...)
	prometheus := printed(t, lab.Stdout, `(http://\S+)/api/v1`)
	for url, allow := range map[string]string{
		admin + "/metrics":                           "GET, HEAD, OPTIONS",
		admin + "/livez":                             "GET, HEAD, OPTIONS",
		admin + "/api/v1/run":                        "GET, HEAD, PATCH, OPTIONS",
		admin + "/api/v1/run/events":                 "GET, HEAD, OPTIONS",
		console + "/":                                "GET, HEAD, OPTIONS",
		console + "/livez":                           "GET, HEAD, OPTIONS",
		console + "/metrics":                         "GET, HEAD, OPTIONS",
		console + "/generator/api/v1/run":            "GET, HEAD, PATCH, OPTIONS",
		console + "/generator/api/v1/run/events":     "GET, HEAD, OPTIONS",
		prometheus + "/-/ready":                      "GET, HEAD, OPTIONS",
		prometheus + "/api/v1/query?query=vector(1)": "GET, HEAD, POST, OPTIONS",
		"http://" + otlp + "/v1/traces":              "POST, OPTIONS",
	} {
		status := func(want string, args ...string) {
			t.Helper()
			if out := client(t, "curl", append([]string{"-s", "-o", "/dev/null", "-m", "60", "-w", statusOnly, url}, args...)...); out != want {
				t.Errorf("curl %q %s: %s, want %s", args, url, out, want)
			}
		}
		if strings.Contains(allow, "HEAD") {
			status("200", "-I")
		} else {
			status("405", "-I")
		}
		status("405", "-X", "DELETE")
		status("501", "-X", "BREW")
		if out := client(t, "curl", "-si", "-X", "OPTIONS", url); !strings.HasPrefix(out, "HTTP/1.1 204 ") || !strings.Contains(out, "\r\nAllow: "+allow+"\r\n") {
			t.Errorf("curl -X OPTIONS %s: %s", url, out)
		}
	}
}
