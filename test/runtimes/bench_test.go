package runtimes

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"loadlab/bench/runtimes/comparison"
	"loadlab/internal/exitcode"
	"loadlab/internal/testkit"
	"loadlab/runtimes"
)

// make bench-runtimes measures every server by both generators, which have as
// many requests answered as the server counts, and writes the page.
func TestBenchWritesThePage(t *testing.T) {
	testkit.RequireQuiet(t) // it keeps two cores busy
	testkit.Require(t, "wrk")
	bin := ""
	for _, command := range []string{"lab", "loadgen", "iobound", "cpubound"} {
		bin = filepath.Dir(testkit.Build(t, command))
	}
	text, err := os.ReadFile("../../docs/runtimes.md")
	if err != nil {
		t.Fatal(err)
	}
	page := filepath.Join(t.TempDir(), "runtimes.md")
	if err := os.WriteFile(page, text, 0o600); err != nil {
		t.Fatal(err)
	}
	var out, progress strings.Builder
	code := comparison.Main(t.Context(), []string{"-quick", "-loads", "reply", "-bin", bin, "-write", page}, os.Getenv, &out, &progress)
	if code != exitcode.Pass {
		t.Fatalf("exit code %d\n%s", code, progress.String())
	}
	written, err := os.ReadFile(page)
	if err != nil || !strings.Contains(string(written), out.String()) {
		t.Errorf("the page does not have the tables: %v\n%s", err, written)
	}
	rows := []string{"| `iobound` of the lab |", "| `cpubound` of the lab |"}
	for _, s := range runtimes.All() {
		testkit.RequireFound(t, s.Find(t.Context()))
		rows = append(rows, "| "+s.Title+" |")
	}
	for _, row := range rows {
		for _, by := range []string{" loadgen |", " wrk |"} {
			if !strings.Contains(out.String(), row+by) {
				t.Errorf("no row %q in\n%s", row+by, out.String())
			}
		}
	}
}
