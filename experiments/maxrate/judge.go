package maxrate

import (
	"fmt"
	"strings"

	"loadlab/experiments/knee"
	"loadlab/loadgen/report"
)

// implied are the objectives of a search that states none of their kind.
const implied = "error_rate<1%,dropped_rate<1%"

// maxUnfinished is the share of requests that may still be in flight after the
// end: they have no response time yet.
const maxUnfinished = 0.01

// objectives are the SLO with those implied.
func (c Config) objectives() []report.Threshold {
	all := append([]report.Threshold(nil), c.SLO...)
	added, err := report.ParseThresholds(implied)
	if err != nil {
		return all // the constant is right, as the tests hold
	}
	for _, t := range added {
		stated := false
		for i := range c.SLO {
			stated = stated || figure(c.SLO[i].Text) == figure(t.Text)
		}
		if !stated {
			all = append(all, t)
		}
	}
	return all
}

// figure is the name of what a threshold bounds.
func figure(text string) string {
	name, _, _ := strings.Cut(text, "<")
	name, _, _ = strings.Cut(name, ">")
	return strings.TrimSpace(name)
}

// judge decides what a measurement says of its rate.
//
// The health gate of the report alone would not do: a response is timed from its
// intended start, so a late generator can only make it longer. An objective that
// is met all the same is met. One that is missed by more than the greatest
// lateness would have been missed without it, since the q-quantile of a sum
// exceeds that of one term by at most the greatest value of the other. Only what
// lies between says nothing of the service.
func judge(r *report.Report, slo []report.Threshold) (knee.Observation, string) {
	if r.Scheduled == 0 {
		return knee.Disturbed, "no request was due"
	}
	if r.Completed == 0 {
		if r.Dropped["late"] > 0 {
			return knee.Disturbed, "the generator was too late for every request"
		}
		return knee.Failed, "no request was completed"
	}
	if float64(r.Unfinished) > maxUnfinished*float64(r.Scheduled) {
		return knee.Failed, fmt.Sprintf("%d of %d requests were not finished", r.Unfinished, r.Scheduled)
	}
	held := r.Check(slo)
	for _, reason := range r.Validity.Reasons {
		if reason.Name == "little" {
			return knee.Disturbed, reason.Detail
		}
	}
	if held {
		return knee.Sustained, ""
	}
	var missed, blurred []string
	for _, t := range r.Thresholds {
		if t.OK {
			continue
		}
		text := fmt.Sprintf("%s: %s", t.Text, value(t))
		if r.Validity.Valid || beyondLateness(r, t) {
			missed = append(missed, text)
		} else {
			blurred = append(blurred, text)
		}
	}
	if len(missed) > 0 {
		return knee.Failed, strings.Join(missed, "; ")
	}
	why := strings.Join(blurred, "; ")
	for _, reason := range r.Validity.Reasons {
		why += "; " + reason.Detail
	}
	return knee.Disturbed, why
}

// beyondLateness reports whether t would be missed by a generator that is never late.
func beyondLateness(r *report.Report, t report.Threshold) bool {
	switch figure(t.Text) {
	case "error_rate":
		return true // a late request is answered like any other
	case "dropped_rate":
		scheduled := float64(r.Scheduled)
		return (t.Value*scheduled-float64(r.Dropped["late"]))/scheduled > t.Bound
	}
	return t.Value-r.Lag.Max().Seconds() > t.Bound
}

// value is what was measured for t, with its unit.
func value(t report.Threshold) string {
	switch figure(t.Text) {
	case "error_rate", "dropped_rate":
		return fmt.Sprintf("%.3g %%", 100*t.Value)
	}
	return fmt.Sprintf("%.4g ms", 1e3*t.Value)
}

func observation(rate float64, r *report.Report, outcome knee.Observation, why string) Observation {
	return Observation{
		Rate: rate, Achieved: r.AchievedRate,
		P50: r.Response.Quantile(.5).Seconds(), P99: r.Response.Quantile(.99).Seconds(),
		Outcome: [...]string{knee.Failed: "failed", knee.Sustained: "sustained", knee.Disturbed: "disturbed"}[outcome], Why: why,
	}
}
