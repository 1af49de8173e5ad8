package cli

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/google/renameio/v2"

	"loadlab/loadgen/report"
)

// stdoutName is the standard output as LOADGEN_REPORT names it.
const stdoutName = "-"

// deliver writes the report to wherever it is wanted. One place that cannot take it does not keep it from the others.
func (c Command) deliver(r *report.Report, s Settings, stdout io.Writer) error {
	data, err := json.MarshalIndent(r, "", "  ")
	if err != nil {
		return fmt.Errorf("write report: %w", err)
	}
	data = append(data, '\n')
	var errs []error
	if s.ReportDir != "" {
		errs = append(errs, replace(filepath.Join(s.ReportDir, "loadgen-"+r.RunID+".json"), data))
	}
	switch s.Report {
	case "":
	case stdoutName:
		errs = append(errs, write(stdout, data))
	default:
		errs = append(errs, replace(s.Report, data))
	}
	var text bytes.Buffer
	r.WriteText(&text)
	return errors.Join(append(errs, write(c.Stdout, text.Bytes()))...)
}

func write(w io.Writer, data []byte) error {
	if _, err := w.Write(data); err != nil {
		return fmt.Errorf("write report: %w", err)
	}
	return nil
}

// replace writes a file whole: whatever happens, the old one stays or the new one is complete. What is no
// regular file, such as a pipe, is written to.
func replace(path string, data []byte) error {
	if resolved, err := filepath.EvalSymlinks(path); err == nil {
		path = resolved // else the link would be replaced
	}
	if info, err := os.Stat(path); err == nil && !info.Mode().IsRegular() {
		if err := os.WriteFile(path, data, 0o644); err != nil {
			return fmt.Errorf("write report: %w", err)
		}
		return nil
	}
	if err := renameio.WriteFile(path, data, 0o644); err != nil {
		return fmt.Errorf("write report %s: %w", path, err)
	}
	return nil
}
