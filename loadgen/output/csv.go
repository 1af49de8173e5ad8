package output

import (
	"encoding/csv"
	"fmt"
	"io"
	"strconv"
	"time"

	"loadlab/loadgen/record"
	"loadlab/loadgen/report"
)

// AllTargets is the name of the row for all targets together.
const AllTargets = "all"

// CSV writes one row for each target, then one for all of them together, with a header row. Times are response
// times in seconds of everything that was sent and has ended.
func CSV(w io.Writer, r *report.Report) error {
	table := csv.NewWriter(w)
	_ = table.Write(header()) // Flush reports it
	all := report.Target{Name: AllTargets, Outcomes: map[string]uint64{}, Response: r.Response}
	for i := range r.Targets {
		t := &r.Targets[i]
		_ = table.Write(row(r, t))
		all.Scheduled += t.Scheduled
		all.Completed += t.Completed
		all.Unfinished += t.Unfinished
		all.Dropped += t.Dropped
		all.Bytes += t.Bytes
		for outcome, n := range t.Outcomes {
			all.Outcomes[outcome] += n
		}
	}
	_ = table.Write(row(r, &all))
	table.Flush()
	if err := table.Error(); err != nil {
		return fmt.Errorf("write CSV: %w", err)
	}
	return nil
}

func header() []string {
	columns := []string{"run_id", "scenario", "started", "target", "method", "scheduled", "completed", "unfinished", "dropped", "bytes"}
	for o := range record.Unfinished {
		columns = append(columns, o.String())
	}
	columns = append(columns, "mean_seconds")
	for _, q := range shownQuantiles() {
		columns = append(columns, q.name+"_seconds")
	}
	return append(columns, "max_seconds")
}

func row(r *report.Report, t *report.Target) []string {
	count := func(n uint64) string { return strconv.FormatUint(n, 10) }
	columns := []string{
		r.RunID, r.Scenario, r.Started.UTC().Format(time.RFC3339Nano), t.Name, t.Method,
		count(t.Scheduled), count(t.Completed), count(t.Unfinished), count(t.Dropped), strconv.FormatInt(t.Bytes, 10),
	}
	for o := range record.Unfinished {
		columns = append(columns, count(t.Outcomes[o.String()]))
	}
	columns = append(columns, seconds(t.Response.Mean()))
	for _, q := range shownQuantiles() {
		columns = append(columns, seconds(t.Response.Quantile(q.share)))
	}
	return append(columns, seconds(t.Response.Max()))
}

func seconds(d time.Duration) string { return strconv.FormatFloat(d.Seconds(), 'f', -1, 64) }
