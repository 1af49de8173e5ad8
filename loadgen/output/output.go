// Package output writes a finished report in the formats of other tools.
package output

import (
	"bytes"
	"io"

	"loadlab/loadgen/report"
)

// A Format writes a report. Its only errors are those of the writer.
type Format func(io.Writer, *report.Report) error

// WriteFile writes the report to the file at path, whole or not at all.
func WriteFile(path string, r *report.Report, format Format) error {
	var data bytes.Buffer
	if err := format(&data, r); err != nil {
		return err
	}
	return Replace(path, data.Bytes())
}
