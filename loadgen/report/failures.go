package report

import (
	"cmp"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"text/tabwriter"

	"loadlab/loadgen/record"
)

// Failures are the kinds of failures of all targets, the most frequent first.
func (r *Report) Failures() []record.Failure {
	var all []record.Failure
	for i := range r.Targets {
		all = addFailures(all, r.Targets[i].Failures)
	}
	slices.SortStableFunc(all, func(a, b record.Failure) int { return cmp.Compare(b.Count, a.Count) })
	return all
}

// addFailures adds those of one list to another, kind by kind.
func addFailures(into, from []record.Failure) []record.Failure {
	for _, f := range from {
		at := slices.IndexFunc(into, func(known record.Failure) bool { return known.Outcome == f.Outcome && known.Cause == f.Cause })
		if at < 0 {
			into = append(into, f)
			continue
		}
		known := &into[at]
		f.Count += known.Count
		if known.First.Before(f.First) {
			f.First, f.Example, f.Remedy = known.First, known.Example, known.Remedy
		}
		*known = f
	}
	return into
}

// Statuses is the number of responses by status, over all targets.
func (r *Report) Statuses() map[int]uint64 {
	sum := map[int]uint64{}
	for i := range r.Targets {
		addAll(sum, r.Targets[i].Status)
	}
	return sum
}

// mostShown bounds the kinds of failures that the summary shows; the JSON report has all.
const mostShown = 10

func (r *Report) writeFailures(w io.Writer) {
	statuses := r.Statuses()
	var parts []string
	for _, code := range slices.Sorted(maps.Keys(statuses)) {
		parts = append(parts, fmt.Sprintf("%d: %d", code, statuses[code]))
	}
	if len(parts) > 0 {
		fmt.Fprintf(w, "\nstatuses   %s\n", strings.Join(parts, ", "))
	}
	all := r.Failures()
	if len(all) == 0 {
		return
	}
	fmt.Fprintln(w)
	table := tabwriter.NewWriter(w, 0, 8, 2, ' ', 0)
	fmt.Fprintln(table, "failure\tcount\tcause\tfirst example")
	for _, f := range all[:min(len(all), mostShown)] {
		fmt.Fprintf(table, "%s\t%d\t%s\t%s %s\n", f.Outcome, f.Count, f.Cause, f.First.Format("15:04:05.000"), printable(f.Example))
	}
	_ = table.Flush() // an error of w would show in every other write too
	if more := len(all) - mostShown; more > 0 {
		fmt.Fprintf(w, "and %d other kinds of failures, which are in the JSON report\n", more)
	}
}

// printable is text in one line of limited length, without what a terminal would obey.
func printable(text string) string {
	const most = 160
	text = strings.Map(func(r rune) rune {
		if r < ' ' || r >= 0x7f && r < 0xa0 {
			return '.'
		}
		return r
	}, text)
	if len(text) > most {
		text = strings.ToValidUTF8(text[:most], "") + "..."
	}
	return text
}
