package loadlab_test

import (
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// routers are the two places that make routers: both answer HEAD, OPTIONS and
// unknown methods, so a listener cannot forget to.
var routers = []string{"internal/web/router.go", "internal/web/semantics/mux.go"}

var makesRouter = regexp.MustCompile(`\becho\.New\(|\bhttp\.(NewServeMux\(|ServeMux\b|HandleFunc\(|Handle\(|DefaultServeMux\b)`)

func TestEveryListenerRoutesByOneRule(t *testing.T) {
	for _, path := range goFiles(t) {
		if slices.Contains(routers, path) || strings.HasPrefix(path, "internal/testkit/") {
			continue
		}
		if found := makesRouter.FindString(source(t, path)); found != "" {
			t.Errorf("%s has %s: use semantics.NewMux, or the router of internal/web", path, found)
		}
	}
}

// servers are the files that make an http.Server, whose connections internal/httpserver
// bounds. The tutorial's server and those of benchmarks are as their runtime makes them.
var servers = []string{"internal/httpserver/httpserver.go", "runtimes/nethttp/server.go"}

var makesServer = regexp.MustCompile(`\bhttp\.(Server\{|ListenAndServe|Serve\()`)

func TestEveryListenerBoundsItsConnections(t *testing.T) {
	for _, path := range goFiles(t) {
		if slices.Contains(servers, path) || strings.HasPrefix(path, "internal/testkit/") || strings.HasPrefix(path, "bench/") {
			continue
		}
		if found := makesServer.FindString(source(t, path)); found != "" {
			t.Errorf("%s has %s: use internal/httpserver", path, found)
		}
	}
}

// goLiterals are the functions that read a literal of Go where a user writes a
// number, and the files that read one of another program's format instead.
var goLiterals = regexp.MustCompile(`\b(strconv\.(ParseFloat|ParseBool|Atoi|ParseInt)|time\.ParseDuration)\(`)

var otherFormats = map[string]string{
	"internal/decimal/decimal.go":       "checks the notation first",
	"internal/env/vars.go":              "bounds in tags, which are code",
	"internal/web/input/values.go":      "JSON's numbers",
	"internal/web/slots.go":             "GOMAXPROCS, which is Go's own",
	"internal/cgroup/cgroup.go":         "the kernel's files",
	"internal/outbound/client.go":       "Retry-After of a service of ours",
	"internal/outbound/servertiming.go": "Server-Timing of a service of ours",
	"experiments/page/plot.go":          "what FormatFloat wrote",
	"experiments/result/number.go":      "JSON of a result",
	"services/items/read.go":            "an id, compared with its own form",
}

func TestNumbersOfUsersArePlainDecimal(t *testing.T) {
	unused := maps.Clone(otherFormats)
	for _, path := range goFiles(t) {
		if strings.HasPrefix(path, "test/") || strings.HasPrefix(path, "internal/testkit/") {
			continue
		}
		if found := goLiterals.FindString(source(t, path)); found != "" && otherFormats[path] == "" {
			t.Errorf("%s has %s...): read what users write with internal/decimal", path, found)
		} else if found != "" {
			delete(unused, path)
		}
	}
	for path := range unused {
		t.Errorf("%s reads no literal of Go: it needs no exception", path)
	}
}

// goFiles are the Go files that are not tests.
func goFiles(t *testing.T) []string {
	t.Helper()
	var all []string
	for _, p := range packages(t) {
		for _, file := range p.GoFiles {
			all = append(all, filepath.ToSlash(filepath.Join(p.folder(), file)))
		}
	}
	return all
}

func source(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
