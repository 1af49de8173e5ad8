package cli_test

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"loadlab/internal/testkit"
	"loadlab/loadgen/cli"
)

// recorded is a server that keeps the requests which it has got.
type recorded struct {
	*httptest.Server
	mu       sync.Mutex
	requests []*http.Request
	bodies   []string
}

func newRecorded(t *testing.T) *recorded {
	t.Helper()
	s := &recorded{}
	s.Server = httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		s.mu.Lock()
		defer s.mu.Unlock()
		s.requests, s.bodies = append(s.requests, r), append(s.bodies, string(body))
	}))
	t.Cleanup(s.Close)
	return s
}

// Both clients send each header as it is written.
func TestHeaders(t *testing.T) {
	for _, row := range []struct {
		name, text string
		want       map[string]string
		host       string
	}{
		{"semicolons in a value", "Cookie: a=1; b=2", map[string]string{"Cookie": "a=1; b=2"}, ""},
		{"lines", "Cookie: a=1; b=2\nX-A: 1;2\r\nX-B: c", map[string]string{"Cookie": "a=1; b=2", "X-A": "1;2", "X-B": "c"}, ""},
		{"one line", "X-A: 1; X-B:2;X-C: 3;", map[string]string{"X-A": "1", "X-B": "2", "X-C": "3"}, ""},
		{"both in one line", "Accept: a/b;q=0.5, c/d; q=1; Cookie: a=1; b=2", map[string]string{"Accept": "a/b;q=0.5, c/d; q=1", "Cookie": "a=1; b=2"}, ""},
		{"a URL", "Referer: a;http://b/c; X-B: http://d:1/", map[string]string{"Referer": "a;http://b/c", "X-B": "http://d:1/"}, ""},
		{"a colon in a value", "X-A: 12:30", map[string]string{"X-A": "12:30"}, ""},
		{"a virtual host", "Host: example.org", nil, "example.org"},
		{"a virtual host among others", "X-A: 1; host: example.org:81; X-B: 2", map[string]string{"X-A": "1", "X-B": "2"}, "example.org:81"},
	} {
		for _, client := range []string{"lean", "std"} {
			t.Run(row.name+", "+client, func(t *testing.T) {
				s := newRecorded(t)
				_, stdout, stderr := command(t.Context(), []string{"--loop=batch", "--client", client}, "LOADGEN_TARGETS="+s.URL, "LOADGEN_ADMIN_ADDR=off", "LOADGEN_HEADERS="+row.text)
				if len(s.requests) != 1 {
					t.Fatalf("%d requests:\n%s%s", len(s.requests), stdout, stderr)
				}
				for name, want := range row.want {
					if got := s.requests[0].Header.Values(name); !slices.Equal(got, []string{want}) {
						t.Errorf("%s is %q, want %q", name, got, want)
					}
				}
				if row.host != "" && s.requests[0].Host != row.host {
					t.Errorf("host %s, want %s", s.requests[0].Host, row.host)
				}
			})
		}
	}
	for _, wrong := range []string{"nothing", "Host: a/b", "Host: a; Host: b", "X A: 1", "X: a; Content-Length: 1"} {
		code, _, stderr := command(t.Context(), []string{"--loop=batch"}, "LOADGEN_TARGETS=http://127.0.0.1:9/", "LOADGEN_ADMIN_ADDR=off", "LOADGEN_HEADERS="+wrong)
		if code != 2 || !strings.Contains(stderr, "LOADGEN_HEADERS=") {
			t.Errorf("%q: exit code %d, %s", wrong, code, stderr)
		}
	}
}

func TestHeadersReachTheTargetsOfAScenario(t *testing.T) {
	s := newRecorded(t)
	file := filepath.Join(t.TempDir(), "s.yaml")
	text := fmt.Sprintf("name: s\nphases: [{name: a, loop: batch, count: 1, targets: [{url: %q, headers: {X-A: own}}]}]\n", s.URL)
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	_, stdout, stderr := command(t.Context(), []string{"--duration=0s"}, "LOADGEN_SCENARIO="+file, "LOADGEN_ADMIN_ADDR=off", "LOADGEN_HEADERS=x-a: common\nX-B: common")
	if len(s.requests) != 1 || s.requests[0].Header.Get("X-A") != "own" || s.requests[0].Header.Get("X-B") != "common" {
		t.Errorf("requests %v\n%s%s", s.requests, stdout, stderr)
	}
}

func TestBodiesFromFilesAndStandardInput(t *testing.T) {
	folder := t.TempDir()
	file, empty, large := filepath.Join(folder, "a b.json"), filepath.Join(folder, "empty"), filepath.Join(folder, "large")
	for name, content := range map[string]string{file: "{\"a\":\"; {\",\"n\":{seq}}\n", empty: "", large: strings.Repeat("x", 1<<20+1)} {
		if err := os.WriteFile(name, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	s := newRecorded(t)
	run := func(stdin io.Reader, targets string) (int, string) {
		var out, err testkit.Output
		code := cli.Command{Args: []string{"--loop=batch", "--admin-addr=off", "--targets", targets}, Stdin: stdin, Stdout: &out, Stderr: &err, Getenv: func(string) string { return "" }}.Run(t.Context())
		return code, err.String()
	}
	_, stderr := run(strings.NewReader("from a pipe"), fmt.Sprintf("POST %s @%s; PUT %s @-; POST %s @%s; PUT %s @-", s.URL, file, s.URL, s.URL, empty, s.URL))
	slices.Sort(s.bodies)
	if len(s.bodies) != 4 || s.bodies[0] != "" || s.bodies[1] != "from a pipe" || s.bodies[2] != "from a pipe" || !strings.HasPrefix(s.bodies[3], "{\"a\":\"; {\",\"n\":") || strings.Contains(s.bodies[3], "seq") {
		t.Errorf("bodies %q\n%s", s.bodies, stderr)
	}
	for targets, want := range map[string]string{
		"POST " + s.URL + " @" + folder + "/none":   "no such file",
		"POST " + s.URL + " @" + folder:             "is a directory",
		"POST " + s.URL + " @; GET " + s.URL:        "write the name of the file after @",
		"POST " + s.URL + " @" + large:              "more than 1048576 bytes",
		"POST " + s.URL + " @-":                     "there is no standard input",
		"GET " + s.URL + " GET http://127.0.0.1:9/": "is no body",
	} {
		if code, stderr := run(nil, targets); code != 2 || !strings.Contains(stderr, want) {
			t.Errorf("%s: exit code %d, want %q in %s", targets, code, want, stderr)
		}
	}
	if len(s.bodies) != 4 {
		t.Errorf("%d requests, want none from what is refused", len(s.bodies)-4)
	}
}

// A list of URLs is no list of targets: nothing in a URL starts another target.
func TestURLsAreTakenAsTheyAre(t *testing.T) {
	s := newRecorded(t)
	_, stdout, stderr := command(t.Context(), []string{"--loop=batch", "--methods=get,POST"}, "LOADGEN_URLS="+s.URL+"/a;b=1,"+s.URL+"/c", "LOADGEN_ADMIN_ADDR=off")
	var got []string
	for _, r := range s.requests {
		got = append(got, r.Method+" "+r.URL.Path)
	}
	slices.Sort(got)
	if want := []string{"GET /a;b=1", "GET /c", "POST /a;b=1", "POST /c"}; !slices.Equal(got, want) {
		t.Errorf("requests %q, want %q\n%s%s", got, want, stdout, stderr)
	}
	code, _, stderr := command(t.Context(), nil, "LOADGEN_URLS="+s.URL+" "+s.URL, "LOADGEN_ADMIN_ADDR=off")
	if code != 2 || !strings.Contains(stderr, "LOADGEN_URLS=") {
		t.Errorf("exit code %d, %s", code, stderr)
	}
}
