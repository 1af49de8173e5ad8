package lab

import (
	"cmp"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"loadlab/internal/env"
)

// folder is where the lab keeps what it writes.
type folder struct {
	path      string
	temporary bool // it goes when the lab ends
}

const temporaryPrefix = "loadlab-"

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
		removeAbandoned(os.TempDir())
		variable, path = "TMPDIR", os.TempDir()
		f.path, err = os.MkdirTemp("", temporaryPrefix+strconv.Itoa(os.Getpid())+"-")
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
	if !f.temporary {
		return nil
	}
	if err := os.RemoveAll(f.path); err != nil {
		return fmt.Errorf("remove temporary folder: %w", err)
	}
	return nil
}

// removeAbandoned removes the folders of labs that were killed before they
// could do so. The name of such a folder has the process's id.
func removeAbandoned(dir string) {
	found, _ := filepath.Glob(filepath.Join(dir, temporaryPrefix+"*-*")) // the pattern is well-formed
	for _, path := range found {
		text, _, _ := strings.Cut(strings.TrimPrefix(filepath.Base(path), temporaryPrefix), "-")
		pid, err := strconv.Atoi(text)
		if err == nil && pid > 0 && !mayRun(pid) {
			_ = os.RemoveAll(path) // another user's folder stays
		}
	}
}

// reports is the folder in which the generator leaves its report and how it ended.
func (l *running) reports() string {
	return cmp.Or(l.with.Getenv("LOADGEN_REPORT_DIR"), reportsDir(l.folder.path))
}
