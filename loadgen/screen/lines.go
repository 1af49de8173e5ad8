package screen

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"loadlab/loadgen"
	"loadlab/loadgen/plan"
	"loadlab/loadgen/report"
)

// Most bars of the histogram and kinds of failures.
const (
	bars     = 8
	failures = 3
)

// lines are all that there is to show, most important first where room is short.
func (s *Screen) lines(now loadgen.Snapshot, soFar *report.Report, columns int) []line {
	all := []line{
		{text: title(now), colour: bold, weight: most},
		{text: s.goal.progress(now, soFar.Completed, columns), weight: most},
		{weight: blankLine},
		{text: fmt.Sprintf("rate       %.1f/s now, %.1f/s mean", now.Rate, soFar.AchievedRate), weight: most},
		{text: fmt.Sprintf("requests   %d done, %d in flight", soFar.Completed, now.InFlight), weight: most},
	}
	all = append(all, times("response", soFar.Response, columns)...)
	all = append(all, outcome(now, soFar)...)
	if drawn := soFar.Response.Bars(bars); len(drawn) > 0 {
		all = append(all, line{weight: blankLine})
		largest := report.MostOf(drawn)
		for _, b := range drawn {
			all = append(all, line{text: b.Line(largest, columns), weight: least})
		}
	}
	return all
}

func title(now loadgen.Snapshot) string {
	text := fmt.Sprintf("loadgen    %s, %s loop", now.State.Phase, now.State.Loop)
	switch now.State.Loop {
	case plan.Closed:
		text += fmt.Sprintf(", %d at a time", now.State.Concurrency)
	case plan.Open:
		text += fmt.Sprintf(", %.4g/s", now.State.Rate)
	}
	if now.State.Paused {
		text += " (paused)"
	}
	return text
}

// progress is a bar with the share of the run that is over; of a run without a known end, how long it lasts.
func (g Goal) progress(now loadgen.Snapshot, completed uint64, columns int) string {
	elapsed := now.Elapsed.Round(time.Second)
	var share float64
	var label string
	switch {
	case g.Length > 0:
		share, label = now.Elapsed.Seconds()/g.Length.Seconds(), fmt.Sprintf(" %v of %v", min(elapsed, g.Length), g.Length)
	case g.Requests > 0:
		share, label = float64(completed)/float64(g.Requests), fmt.Sprintf(" %d of %d", completed, g.Requests)
	default:
		return fmt.Sprintf("elapsed    %v, until a signal (Ctrl-C)", elapsed)
	}
	width := max(4, min(50, columns-len(label)-13))
	done := int(min(1, share) * float64(width))
	return "progress   [" + strings.Repeat("=", done) + strings.Repeat(" ", width-done) + "]" + label
}

// times are the percentiles, in as many lines as they need.
func times(name string, t report.Times, columns int) []line {
	parts := []string{"mean " + short(t.Mean())}
	for _, q := range []struct {
		name  string
		share float64
	}{{"p50", .5}, {"p90", .9}, {"p99", .99}, {"p99.9", .999}} {
		parts = append(parts, q.name+" "+short(t.Quantile(q.share)))
	}
	parts = append(parts, "max "+short(t.Max()))
	var lines []line
	text := fmt.Sprintf("%-10s", name)
	for _, part := range parts {
		if len([]rune(text))+1+len([]rune(part))+1 > columns && strings.TrimSpace(text) != "" {
			lines = append(lines, line{text: strings.TrimSuffix(text, ","), weight: most})
			text = strings.Repeat(" ", 10)
		}
		text += " " + part + ","
	}
	return append(lines, line{text: strings.TrimSuffix(text, ","), weight: most})
}

// outcome says what became of the requests, and whether the generator itself is late.
func outcome(now loadgen.Snapshot, soFar *report.Report) []line {
	var lines []line
	statuses := soFar.Statuses()
	var parts []string
	colour := green
	for _, code := range slices.Sorted(maps.Keys(statuses)) {
		parts = append(parts, fmt.Sprintf("%d: %d", code, statuses[code]))
		if code >= 400 {
			colour = red
		}
	}
	if len(parts) > 0 {
		lines = append(lines, line{text: "statuses   " + strings.Join(parts, ", "), colour: colour, weight: most})
	}
	failed := line{text: fmt.Sprintf("failed     %d", soFar.Failed()), weight: most}
	if soFar.Failed() > 0 {
		failed.colour = red
		failed.text += fmt.Sprintf(" (%.3g %%)", 100*float64(soFar.Failed())/float64(soFar.Completed))
	}
	lines = append(lines, failed)
	kinds := soFar.Failures()
	for _, f := range kinds[:min(len(kinds), failures)] {
		lines = append(lines, line{text: fmt.Sprintf("  %d x %s: %s", f.Count, f.Outcome, f.Cause), colour: red, weight: detail})
	}
	if n := soFar.DroppedAll(); n > 0 {
		lines = append(lines, line{text: fmt.Sprintf("dropped    %d", n), colour: red, weight: most})
	}
	if now.State.Loop == plan.Open {
		lines = append(lines, line{text: fmt.Sprintf("lag        p50 %s, p99 %s", short(now.LagP50), short(now.LagP99)), weight: detail})
	}
	if len(now.Reasons) > 0 {
		lines = append(lines, line{text: "not valid  " + strings.Join(now.Reasons, ", ") + ": the generator is the limit", colour: yellow, weight: most})
	}
	return lines
}

// short has three digits of a duration.
func short(d time.Duration) string {
	switch {
	case d >= 10*time.Second:
		return d.Round(100 * time.Millisecond).String()
	case d >= time.Second:
		return d.Round(10 * time.Millisecond).String()
	case d >= 10*time.Millisecond:
		return d.Round(100 * time.Microsecond).String()
	case d >= time.Millisecond:
		return d.Round(10 * time.Microsecond).String()
	}
	return d.Round(time.Microsecond).String()
}
