package compare

import (
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
	"time"
)

// WriteText prints the figures with their intervals, then what was found.
func (r *Result) WriteText(w io.Writer) {
	table := tabwriter.NewWriter(w, 0, 8, 2, ' ', 0)
	fmt.Fprintln(table, "figure\tbaseline\tnow\tchange\tinterval\tfinding")
	for _, d := range r.Differences {
		value, change := duration, percent
		if d.IsShare {
			value, change = share, points
		}
		if d.Finding == TooFew {
			fmt.Fprintf(table, "%s\t%s\t%s\t\t\t%s\n", d.Name, value(d.Baseline), value(d.Now), d.Finding)
			continue
		}
		fmt.Fprintf(table, "%s\t%s\t%s\t%s\t%s to %s\t%s\n", d.Name, value(d.Baseline), value(d.Now), change(d.Change), change(d.Low), change(d.High), d.Finding)
	}
	_ = table.Flush() // an error of w would show in every other write too
	fmt.Fprintf(w, "\nThe intervals hold together at %g %%. A figure is worse if its interval is beyond the tolerance: %s for times, %s for shares.\n",
		100*confidence, percent(r.Tolerance.Times), points(r.Tolerance.Shares))
	for _, reason := range r.Invalid {
		fmt.Fprintf(w, "INVALID    %s\n", reason)
	}
	switch worse := r.Worse(); {
	case len(r.Invalid) > 0:
		fmt.Fprintln(w, "verdict    none: the runs cannot be compared")
	case len(worse) > 0:
		fmt.Fprintf(w, "verdict    WORSE than the baseline: %s\n", strings.Join(worse, ", "))
	default:
		fmt.Fprintln(w, "verdict    not worse than the baseline")
	}
}

func duration(seconds float64) string {
	return time.Duration(seconds * float64(time.Second)).Round(time.Microsecond).String()
}

func percent(v float64) string { return fmt.Sprintf("%+.1f %%", 100*v) }

func share(v float64) string { return fmt.Sprintf("%.3g %%", 100*v) }

func points(v float64) string { return fmt.Sprintf("%+.2g points", 100*v) }
