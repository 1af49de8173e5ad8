package cli_test

import (
	"fmt"
	"strings"
	"testing"
)

func TestTheDocumentedSources(t *testing.T) {
	s := newRecorded(t)
	lines := file(t, "lines.txt", fmt.Sprintf("curl '%s/first' -H 'X-A: b' ;\ncurl %s/second --json '{\"a\":1}'\n", s.URL, s.URL))
	archive := file(t, "shop.har", fmt.Sprintf(`{"log":{"entries":[{"request":{"method":"GET","url":"%[1]s/one","headers":[]}},{"request":{"method":"GET","url":"%[1]s/two","headers":[]}},
		{"request":{"method":"GET","url":"%[1]s/one","headers":[]}}]}}`, s.URL))
	for i, command := range documented(t, "Targets from other tools", "http://127.0.0.1:8080", s.URL, "lines.txt", lines, "shop.har", archive) {
		s.requests = nil
		r := load(t, "", words(t, command)...)
		want := []int{3, 6, 9}[i] // targets, or the requests of a chain, of three each
		if r.Succeeded() != uint64(want) || len(s.requests) != want {
			t.Errorf("%s: succeeded %d, %d requests, failures %+v; want %d", command, r.Succeeded(), len(s.requests), r.Failures(), want)
		}
	}
}

func TestWrongSources(t *testing.T) {
	for _, row := range []struct{ args, want string }{
		{"--curl=curl -k http://127.0.0.1/", "--curl: curl command 1: option -k"},
		{"--curl=@/nowhere", "--curl: "},
		{"--har=/nowhere", "--har: "},
		{"--har=" + file(t, "a.har", "{}"), "not an HTTP archive"},
		{"--curl=curl http://127.0.0.1/|--targets=http://127.0.0.1/", "cannot be together"},
		{"--curl=curl http://127.0.0.1/|--har=/nowhere", "cannot be together"},
		{"--curl=curl http://stranger.example/", "neither loopback"},
	} {
		code, _, stderr := command(t.Context(), append(strings.Split(row.args, "|"), "--admin-addr=off"))
		if code != 2 || !strings.Contains(stderr, row.want) {
			t.Errorf("%s: exit code %d, %s; want %q", row.args, code, stderr, row.want)
		}
	}
}
