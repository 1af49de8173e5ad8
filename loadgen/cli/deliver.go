package cli

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"path/filepath"

	"loadlab/loadgen/output"
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
	errs = append(errs, s.deliverFormats(r, stdout))
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

func replace(path string, data []byte) error {
	if err := output.Replace(path, data); err != nil {
		return fmt.Errorf("write report: %w", err)
	}
	return nil
}
