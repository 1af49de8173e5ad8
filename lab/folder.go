package lab

import (
	"cmp"
	"errors"
	"os"
	"path/filepath"

	"loadlab/internal/env"
	"loadlab/internal/scratch"
)

// folder is where the lab keeps what it writes.
type folder struct {
	path      string
	temporary bool         // it goes when the lab ends
	remove    func() error // nil unless it is temporary
}

func metricsDir(path string) string   { return filepath.Join(path, "metrics") }
func logsDir(path string) string      { return filepath.Join(path, "logs") }
func reportsDir(path string) string   { return filepath.Join(path, "reports") }
func runtimesDir(path string) string  { return filepath.Join(path, "runtimes") }
func databaseFile(path string) string { return filepath.Join(path, "items.db") }

// openFolder makes the folder at path, or a temporary one if path is empty.
func openFolder(path string) (folder, error) {
	f := folder{path: path, temporary: path == ""}
	variable := "LAB_DATA"
	var err error
	if f.temporary {
		variable, path = "TMPDIR", os.TempDir()
		f.path, f.remove, err = scratch.Make("", "loadlab-lab-")
	} else {
		err = os.MkdirAll(f.path, 0o755)
	}
	if err == nil {
		f.path, err = filepath.Abs(f.path)
	}
	for _, dir := range []string{metricsDir(f.path), logsDir(f.path)} {
		if err == nil {
			err = os.MkdirAll(dir, 0o755)
		}
	}
	if err == nil {
		err = tryWrite(f.path)
	}
	if err != nil {
		return f, &env.Error{Problems: []env.Problem{{Variable: variable, Value: path,
			Reason: "no files can be made there: " + err.Error() + "; set --data to a folder that can be written"}}}
	}
	return f, nil
}

func tryWrite(dir string) error {
	probe, err := os.CreateTemp(dir, ".probe-")
	if err != nil {
		return err
	}
	return errors.Join(probe.Close(), os.Remove(probe.Name()))
}

func (f folder) close() error {
	if f.remove == nil {
		return nil
	}
	return f.remove()
}

// reports is the folder in which the generator leaves its report and how it ended.
func (l *running) reports() string {
	return cmp.Or(l.with.Getenv("LOADGEN_REPORT_DIR"), reportsDir(l.folder.path))
}
