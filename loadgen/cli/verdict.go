package cli

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"loadlab/internal/exitcode"
	"loadlab/loadgen/record"
	"loadlab/loadgen/report"
)

// verdict returns the exit code for a report; held says that all thresholds
// hold. A run in which no request succeeded has measured nothing that its user
// asked for, so it never passes, and says what happened instead.
func (c Command) verdict(r *report.Report, held bool) int {
	nothing := r.Succeeded() == 0
	if nothing {
		fmt.Fprintln(c.Stderr, "loadgen: no request succeeded:", fates(r))
	}
	// Failures may make the measurement look wrong; they are what counts unless the generator caused them.
	own := r.Completed == 0 || r.Limit == report.LimitGenerator
	switch {
	case r.Dropped[record.LocalLimit.String()] > 0:
		return exitcode.Invalid // whatever the thresholds say, the generator did not offer the load
	case !held || nothing && !own:
		return exitcode.Fail
	case !r.Validity.Valid:
		return exitcode.Invalid
	case nothing:
		return exitcode.Fail
	}
	return exitcode.Pass
}

// fates says what became of the requests: "of 100, 98 timeout, 2 dropped (deadline)".
func fates(r *report.Report) string {
	if r.Scheduled == 0 {
		return "none was due after the warm-up"
	}
	outcomes := map[string]uint64{}
	for i := range r.Targets {
		for outcome, n := range r.Targets[i].Outcomes {
			outcomes[outcome] += n
		}
	}
	var parts []string
	for _, outcome := range slices.Sorted(maps.Keys(outcomes)) {
		parts = append(parts, fmt.Sprintf("%d %s", outcomes[outcome], outcome))
	}
	if r.Unfinished > 0 {
		parts = append(parts, fmt.Sprintf("%d unfinished", r.Unfinished))
	}
	for _, reason := range slices.Sorted(maps.Keys(r.Dropped)) {
		parts = append(parts, fmt.Sprintf("%d dropped (%s)", r.Dropped[reason], reason))
	}
	text := fmt.Sprintf("of %d, %s", r.Scheduled, strings.Join(parts, ", "))
	if failures := r.Failures(); len(failures) > 0 {
		text += ": " + failures[0].Cause
	}
	return text
}
