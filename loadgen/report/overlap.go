package report

import (
	"fmt"
	"time"
)

// minOverlap is the part of the longest run for which all must have run at once, so that their rates add up.
const minOverlap = 0.9

// together returns an error if the runs never ran all at once, and a reason for doubt if they did so for too short a time.
func together(reports []*Report) (*Reason, error) {
	last, first := reports[0], reports[0] // to start, and to end
	longest := time.Duration(0)
	for _, r := range reports {
		if r.Started.After(last.Started) {
			last = r
		}
		if r.Ended.Before(first.Ended) {
			first = r
		}
		longest = max(longest, r.Ended.Sub(r.Started))
	}
	overlap := first.Ended.Sub(last.Started)
	switch {
	case len(reports) == 1:
		return nil, nil
	case overlap <= 0:
		return nil, fmt.Errorf("merge reports: run %s began at %s, after run %s had ended at %s; only runs of the same time can be merged, --compare is for others",
			last.RunID, last.Started.Format(time.RFC3339Nano), first.RunID, first.Ended.Format(time.RFC3339Nano))
	case float64(overlap) < minOverlap*float64(longest):
		return &Reason{"rate", fmt.Sprintf("all runs ran together for only %v of %v, so their rates do not add up", round(overlap), round(longest))}, nil
	}
	return nil, nil
}
