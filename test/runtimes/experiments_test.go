package runtimes

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"loadlab/internal/exitcode"
	"loadlab/internal/testkit"
	"loadlab/runtimes"
)

// Each experiment holds on a server to which its theory applies, and does not
// when its cause is removed.
func TestExperiments(t *testing.T) {
	testkit.RequireQuiet(t)
	unchanged := []string{}
	for _, row := range []struct {
		name, file, server string
		edit               []string // replacements in the definition
		want               int
	}{
		{"waits", "waits", "asyncio", unchanged, exitcode.Pass},
		{"waits on Tornado", "waits", "tornado", unchanged, exitcode.Pass},
		{"waits that block", "waits", "asyncio", []string{"ms=1000", "ms=10&blocking=true", "wait_s: 1", "wait_s: 0.01"}, exitcode.Fail},
	} {
		t.Run(row.name, func(t *testing.T) {
			server, _ := runtimes.Named(row.server)
			s := startRuntime(t, server)
			text, err := os.ReadFile("../../runtimes/experiments/" + row.file + ".yaml")
			if err != nil {
				t.Fatal(err)
			}
			file := filepath.Join(t.TempDir(), row.file+".yaml")
			if err := os.WriteFile(file, []byte(strings.NewReplacer(row.edit...).Replace(string(text))), 0o644); err != nil {
				t.Fatal(err)
			}
			const attempts = 3 // what disturbs a measurement on a shared machine is rarely there twice
			for attempt := 1; ; attempt++ {
				run := exec.CommandContext(t.Context(), testkit.Build(t, "lab"), "run", "--quick", file)
				run.Env = append(run.Environ(), "SERVER_URL="+strings.TrimSuffix(s.wait, "/wait"))
				out, err := run.CombinedOutput()
				code := run.ProcessState.ExitCode()
				t.Logf("%v\n%s", err, out)
				if code == row.want {
					return
				}
				if attempt == attempts {
					t.Fatalf("exit code %d, want %d", code, row.want)
				}
			}
		})
	}
}

// The definitions are well formed and their hosts are the reader's choice.
func TestDefinitionsAreValid(t *testing.T) {
	files, err := filepath.Glob("../../runtimes/experiments/*.yaml")
	if err != nil || len(files) == 0 {
		t.Fatalf("%v, %v", files, err)
	}
	for _, file := range files {
		if out, err := exec.CommandContext(t.Context(), testkit.Build(t, "lab"), "explain", file).CombinedOutput(); err != nil {
			t.Errorf("%s: %v\n%s", file, err, out)
		}
	}
}
