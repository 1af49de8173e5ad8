package cli_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"

	"loadlab/loadgen/report"
)

// stored writes the report of a run whose requests took that long, in the folder.
func stored(t *testing.T, folder, name string, took time.Duration, valid bool) string {
	t.Helper()
	h := hdrhistogram.New(1, int64(time.Minute), 3)
	_ = h.RecordValues(int64(took), 1500)
	_ = h.RecordValues(int64(2*took), 500)
	times := report.NewTimes(h, 2500*took)
	r := report.Report{
		Version: report.Version, Loop: "closed", Scheduled: 2000, Completed: 2000, Validity: report.Validity{Valid: valid}, Response: times, ResponseOK: times, Service: times, Lag: times,
		Targets: []report.Target{{Name: "GET /", Outcomes: map[string]uint64{"ok": 2000}, Response: times, Service: times}},
	}
	if !valid {
		r.Validity.Reasons = []report.Reason{{Name: report.ReasonCPU, Detail: "busy"}}
	}
	data, err := json.Marshal(&r)
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(folder, name)
	if err := os.WriteFile(file, data, 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

func TestCompareWithABaseline(t *testing.T) {
	folder := t.TempDir()
	before, after := stored(t, folder, "before", 5*time.Millisecond, true), stored(t, folder, "after", 6*time.Millisecond, true)
	invalid := stored(t, folder, "invalid", 5*time.Millisecond, false)
	for _, row := range []struct {
		name string
		args []string
		code int
		want string
	}{
		{"worse", []string{before, after}, 3, "WORSE than the baseline: p50"},
		{"worse within the tolerance", []string{"--tolerance", "50%", before, after}, 0, "not worse"},
		{"better", []string{after, before}, 0, "not worse"},
		{"itself", []string{before, before}, 0, "not worse"},
		{"invalid", []string{before, invalid}, 4, "this run is invalid: busy"},
		{"one file", []string{before}, 2, "needs two reports"},
		{"no such flag", []string{"--bound=1", before, after}, 2, "no such flag"},
		{"tolerance of no share", []string{"--tolerance=x", before, after}, 2, "not a share"},
		{"no such file", []string{before, filepath.Join(folder, "none")}, 1, "none"},
	} {
		t.Run(row.name, func(t *testing.T) {
			code, stdout, stderr := command(t.Context(), append([]string{"compare"}, row.args...))
			if code != row.code || !strings.Contains(stdout+stderr, row.want) {
				t.Errorf("exit code %d, want %d with %q:\n%s%s", code, row.code, row.want, stdout, stderr)
			}
		})
	}
}
