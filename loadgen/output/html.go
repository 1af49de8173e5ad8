package output

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"loadlab/loadgen/report"
)

// HTML writes the report as one page that needs no other file, script or network.
func HTML(w io.Writer, r *report.Report) error {
	p := &page{}
	p.raw("<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width\">\n")
	p.raw("<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\n")
	p.element("title", "", "Load test %s, %s", r.RunID, r.Scenario)
	p.raw("<style>\n" + css + "</style></head>\n<body>\n")
	p.element("h1", "", "Load test: %s", r.Scenario)
	p.element("p", "soft", "run %s, %s loop, %s, from %s for %v", r.RunID, r.Loop, interruption(r), r.Started.UTC().Format(time.RFC3339), r.Elapsed.Round(time.Millisecond))
	for _, name := range slices.Sorted(maps.Keys(r.Labels)) {
		p.element("p", "soft", "%s: %s", name, r.Labels[name])
	}
	p.verdict(r)
	p.element("h2", "", "Requests")
	p.table([]string{"scheduled", "completed", "failed", "dropped", "unfinished", "offered per second", "achieved per second"}, [][]string{{
		number(r.Scheduled), number(r.Completed), number(r.Failed()), number(r.DroppedAll()), number(r.Unfinished),
		strconv.FormatFloat(r.OfferedRate, 'f', 2, 64), strconv.FormatFloat(r.AchievedRate, 'f', 2, 64),
	}})
	p.element("h2", "", "Times")
	p.table(timesHeader(""), [][]string{
		times("response", r.Response), times("response of successes", r.ResponseOK), times("service", r.Service), times("schedule lag", r.Lag),
	})
	p.curve(r.Response)
	p.targets(r)
	p.failures(r)
	p.raw("</body></html>\n")
	if _, err := w.Write(p.Bytes()); err != nil {
		return fmt.Errorf("write HTML: %w", err)
	}
	return nil
}

func interruption(r *report.Report) string {
	if r.Interrupted {
		return "interrupted"
	}
	return "complete"
}

// verdict says whether the measurement can be trusted, and what was tested.
func (p *page) verdict(r *report.Report) {
	if r.Validity.Valid {
		p.element("p", "good", "The measurement is valid.")
	}
	for _, reason := range r.Validity.Reasons {
		p.element("p", "bad", "The measurement is invalid: %s: %s", reason.Name, reason.Detail)
	}
	for _, t := range r.Thresholds {
		if t.OK {
			p.element("p", "good", "%s holds: %.4g", t.Text, t.Value)
		} else {
			p.element("p", "bad", "%s failed: %s", t.Text, missed(t))
		}
	}
	if r.LimitCause != "" {
		p.element("p", "", "Limit: the %s: %s", r.Limit, r.LimitCause)
	}
}

func (p *page) targets(r *report.Report) {
	p.element("h2", "", "Targets")
	header := append([]string{"target", "completed", "outcomes", "statuses"}, timesHeader("response ")[1:]...)
	var rows [][]string
	for i := range r.Targets {
		t := &r.Targets[i]
		var statuses []string
		for _, code := range slices.Sorted(maps.Keys(t.Status)) {
			statuses = append(statuses, fmt.Sprintf("%d: %d", code, t.Status[code]))
		}
		var outcomes []string
		for _, name := range slices.Sorted(maps.Keys(t.Outcomes)) {
			outcomes = append(outcomes, fmt.Sprintf("%s %d", name, t.Outcomes[name]))
		}
		row := []string{t.Name, number(t.Completed), strings.Join(outcomes, ", "), strings.Join(statuses, ", ")}
		rows = append(rows, append(row, times("", t.Response)[1:]...))
	}
	p.table(header, rows)
}

func (p *page) failures(r *report.Report) {
	failures := r.Failures()
	if len(failures) == 0 {
		return
	}
	p.element("h2", "", "Failures")
	var rows [][]string
	for _, f := range failures {
		rows = append(rows, []string{f.Outcome, number(f.Count), f.Cause, f.Example, f.Remedy})
	}
	p.table([]string{"outcome", "count", "cause", "first example", "remedy"}, rows)
}

func number(n uint64) string { return strconv.FormatUint(n, 10) }

func timesHeader(prefix string) []string {
	header := []string{"time", prefix + "mean"}
	for _, q := range shownQuantiles() {
		header = append(header, prefix+q.name)
	}
	return append(header, prefix+"max")
}

func times(name string, t report.Times) []string {
	row := []string{name, short(t.Mean())}
	for _, q := range shownQuantiles() {
		row = append(row, short(t.Quantile(q.share)))
	}
	return append(row, short(t.Max()))
}
