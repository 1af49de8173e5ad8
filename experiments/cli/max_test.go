package cli_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"loadlab/experiments/maxrate"
)

func TestMax(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/broken" {
			w.WriteHeader(http.StatusInternalServerError)
		}
	}))
	t.Cleanup(server.Close)
	quick := []string{"--min", "50", "--max", "50", "--duration", "100ms", "--warmup", "0s", "--arrivals", "poisson"}
	for _, row := range []struct {
		name           string
		args           []string
		code           int
		stdout, stderr string
	}{
		{"a server that does its work", append(quick, "--slo", "p50<9s", server.URL), 0, "The limit is at least 50/s", "max: 50/s sustained"},
		{"one that fails", append(quick, "--slo", "p50<9s", server.URL+"/broken"), 3, "Not even 50/s holds", "error_rate<1%: 100 %"},
		{"nobody there", append(quick, "--slo", "p50<9s", "http://127.0.0.1:1/"), 1, "", "reach target http://127.0.0.1:1/"},
		{"another's host", append(quick, "--slo", "p50<9s", "http://example.com/"), 2, "", "neither loopback nor among the allowed hosts"},
		{"no objective", append(quick, server.URL), 2, "", "no service level objective"},
		{"a wrong objective with a wrong target", []string{"--slo", "p99<fast", "ftp://127.0.0.1/"}, 2, "", "the bound must be a duration"},
		{"no target", []string{"--slo", "p99<50ms"}, 2, "", "one target"},
		{"two targets", []string{"--slo", "p99<50ms", server.URL, server.URL}, 2, "", "one target"},
		{"an unknown flag", []string{"--rate", "5", server.URL}, 2, "", "rate"},
		{"help", []string{"--help"}, 0, "", "-slo"},
	} {
		t.Run(row.name, func(t *testing.T) {
			code, stdout, stderr := command(t, append([]string{"max"}, row.args...)...)
			if code != row.code || !strings.Contains(stdout, row.stdout) || !strings.Contains(stderr, row.stderr) {
				t.Errorf("exit code %d\n%s\n%s", code, stdout, stderr)
			}
		})
	}
}

func TestMaxKeepsItsResult(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	t.Cleanup(server.Close)
	folder := filepath.Join(t.TempDir(), "made")
	code, _, stderr := command(t, "max", server.URL+"/it's", "--slo=p50<9s", "--min=50", "--max=50", "--duration=100ms", "--warmup=0s", "--out", folder)
	files, err := filepath.Glob(filepath.Join(folder, "max-*.json"))
	if code != 0 || err != nil || len(files) != 1 {
		t.Fatalf("exit code %d, files %v, %v\n%s", code, files, err, stderr)
	}
	data, err := os.ReadFile(files[0])
	if err != nil {
		t.Fatal(err)
	}
	var r maxrate.Result
	if err := json.Unmarshal(data, &r); err != nil {
		t.Fatal(err)
	}
	if r.Schema != maxrate.Schema || r.End != maxrate.AtLeastMax || len(r.Observations) != 2 ||
		!strings.Contains(r.Command, `lab max --slo 'p50<9s' --min 50 --max 50`) || !strings.HasSuffix(r.Command, `/it'\''s'`) {
		t.Errorf("%+v", r)
	}
}
