package cli

import (
	"fmt"
	"strings"
	"time"

	"loadlab/internal/lastexit"
	"loadlab/loadgen/report"
)

// program is the name under which the generator records its exit.
const program = "loadgen"

// recordExit leaves how the generator ended in the folder of reports, where the
// console reads it. A generator without an admin listener is not the one that the
// console watches, so it records nothing.
func (c Command) recordExit(folder, address string, code int, messages []string) {
	if folder == "" || address == "off" {
		return
	}
	if err := lastexit.Write(folder, program, lastexit.Exit{Time: time.Now(), Code: code, Messages: messages}); err != nil {
		fmt.Fprintln(c.Stderr, "loadgen:", err)
	}
}

// clearExit removes that record, since the generator runs.
func (c Command) clearExit(folder string) {
	if folder == "" {
		return
	}
	if err := lastexit.Clear(folder, program); err != nil {
		fmt.Fprintln(c.Stderr, "loadgen:", err)
	}
}

// outcome says in one line what a run measured.
func outcome(r *report.Report) string {
	words := []string{fmt.Sprintf("run %s (scenario %s, %s loop) sent %d requests in %v, of which %d succeeded",
		r.RunID, r.Scenario, r.Loop, r.Completed+r.Unfinished, r.Elapsed.Round(100*time.Millisecond), r.Succeeded())}
	if r.Interrupted {
		words = append(words, "it was stopped before its end")
	}
	for _, t := range r.Thresholds {
		if !t.OK {
			words = append(words, fmt.Sprintf("threshold %s failed", t.Text))
		}
	}
	for _, reason := range r.Validity.Reasons {
		words = append(words, fmt.Sprintf("the measurement is invalid: %s", reason.Detail))
	}
	return strings.Join(words, "; ")
}
