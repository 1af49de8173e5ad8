package cli

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"text/tabwriter"

	"loadlab/experiments/result"
)

// The table of verdicts is between these lines of a file.
const (
	tableBegin = "<!-- verdicts: begin -->\n"
	tableEnd   = "<!-- verdicts: end -->\n"
)

// summary prints a line for each result.
func summary(w io.Writer, results []*result.Result) {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	for _, r := range results {
		fmt.Fprintf(t, "%s\t%s\t%.0f s\n", r.Name, r.Verdict, r.Seconds)
	}
	_ = t.Flush() // a terminal that does not take it took nothing before either
}

// replaceTable writes the results into the file at path.
func replaceTable(path string, results []*result.Result) error {
	text, err := os.ReadFile(path)
	if err != nil {
		return fmt.Errorf("replace the table: %w", err)
	}
	before, rest, begins := bytes.Cut(text, []byte(tableBegin))
	_, after, ends := bytes.Cut(rest, []byte(tableEnd))
	if !begins || !ends {
		return fmt.Errorf("replace the table: %s does not have the lines %q and then %q", path, strings.TrimSpace(tableBegin), strings.TrimSpace(tableEnd))
	}
	if len(results) == 0 {
		return errors.New("replace the table: there is no result")
	}
	var b bytes.Buffer
	b.Write(before)
	b.WriteString(tableBegin)
	writeTable(&b, results)
	b.WriteString(tableEnd)
	b.Write(after)
	if err := os.WriteFile(path, b.Bytes(), 0o644); err != nil {
		return fmt.Errorf("replace the table: %w", err)
	}
	return nil
}

// writeTable writes Markdown.
func writeTable(w io.Writer, results []*result.Result) {
	first := results[0]
	fmt.Fprintf(w, "Measured on %s on %s/%s with %d cores, %s", first.Started.UTC().Format("2 January 2006"),
		first.Machine.OS, first.Machine.Arch, first.Machine.Cores, first.Machine.Go)
	if first.Quick {
		fmt.Fprint(w, ", with --quick: one round, so without intervals")
	}
	fmt.Fprint(w, ".\n\n| experiment | verdict | measured, with the 95 % interval of the mean | seconds |\n|---|---|---|--:|\n")
	for _, r := range results {
		fmt.Fprintf(w, "| [%s](#%s) | %s | %s | %.0f |\n", r.Name, r.Name, verdict(r), measured(r), r.Seconds)
	}
}

func verdict(r *result.Result) string {
	if len(r.Reasons) == 0 {
		return string(r.Verdict)
	}
	return fmt.Sprintf("%s: %s", r.Verdict, strings.ReplaceAll(strings.Join(r.Reasons, "; "), "|", "\\|"))
}

func measured(r *result.Result) string {
	var cells []string
	for i := range r.Figures {
		f := &r.Figures[i]
		text := fmt.Sprintf("`%s` %.3g", f.Name, float64(f.Mean))
		if f.Low != f.High {
			text += fmt.Sprintf(" (%.3g to %.3g)", float64(f.Low), float64(f.High))
		}
		cells = append(cells, strings.TrimSpace(text+" "+f.Unit))
	}
	return strings.Join(cells, "; ")
}
