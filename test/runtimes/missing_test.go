package runtimes

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"loadlab/internal/exitcode"
	"loadlab/internal/testkit"
	"loadlab/runtimes"
)

// Without a module of Python, lab names Debian's package of that module.
func TestAMissingModuleIsNamedWithItsPackage(t *testing.T) {
	for _, row := range []struct{ server, module, debian string }{
		{"tornado", "tornado", "python3-tornado"},
		{"tornado", "prometheus_client", "python3-prometheus-client"},
		{"asyncio", "prometheus_client", "python3-prometheus-client"},
		{"uvloop", "uvloop", "python3-uvloop"},
		{"uvloop", "uvicorn", "uvicorn"},
		{"uvloop", "httptools", "python3-httptools"},
		{"uvloop", "prometheus_client", "python3-prometheus-client"},
	} {
		t.Run(row.server+" without "+row.module, func(t *testing.T) {
			server, _ := runtimes.Named(row.server)
			requireServer(t, server)
			// A module of this name comes first, and fails as one that is not installed.
			folder, reason := t.TempDir(), "No module named '"+row.module+"'"
			hides := fmt.Sprintf("raise ModuleNotFoundError(%q)\n", reason)
			if err := os.WriteFile(filepath.Join(folder, row.module+".py"), []byte(hides), 0o600); err != nil {
				t.Fatal(err)
			}
			p := testkit.Launch(t, "lab", []string{"runtime", row.server}, "LISTEN_ADDR=127.0.0.1:0", "LAB_DATA="+t.TempDir(), "PYTHONPATH="+folder, "PYTHONDONTWRITEBYTECODE=1")
			want := server.Title + " needs the Debian package " + row.debian + ": "
			if code := p.Wait().ExitCode(); code != exitcode.Error || !strings.Contains(p.Stderr(), want) || !strings.Contains(p.Stderr(), reason) {
				t.Errorf("exit code %d, %q, want %q", code, p.Stderr(), want)
			}
		})
	}
}

// Without Node.js, lab names its package. Python is also looked for in /usr/bin,
// so that without it is a test of the package runtimes.
func TestMissingNodeIsNamedWithItsPackage(t *testing.T) {
	p := testkit.Launch(t, "lab", []string{"runtime", "node"}, "PATH="+t.TempDir(), "LAB_DATA="+t.TempDir())
	if code := p.Wait().ExitCode(); code != exitcode.Error || !strings.Contains(p.Stderr(), "Node.js needs the Debian package nodejs: ") {
		t.Errorf("exit code %d: %s", code, p.Stderr())
	}
}
