package run

import (
	"testing"
	"time"

	"loadlab/experiments/result"
	"loadlab/loadgen/record"
	"loadlab/loadgen/report"
)

// late is the report of a load whose generator was late by d.
func late(d time.Duration, reasons ...report.Reason) *report.Report {
	lag := record.NewHDR()
	if err := lag.RecordValue(int64(d)); err != nil {
		panic(err)
	}
	none := record.NewHDR()
	return &report.Report{
		Lag: report.NewTimes(lag, d), Response: report.NewTimes(none, 0), ResponseOK: report.NewTimes(none, 0), Service: report.NewTimes(none, 0),
		Validity: report.Validity{Reasons: reasons},
	}
}

// TestUnreadResponsesAreLag has a generator that sends on time and reads late.
func TestUnreadResponsesAreLag(t *testing.T) {
	r := late(0, report.Reason{Name: report.ReasonLag, Detail: "responses lay in its sockets"})
	r.Completed, r.Targets = 1, []report.Target{{Parts: map[string]time.Duration{"lag": 4 * time.Millisecond}}}
	for tolerated, valid := range map[time.Duration]bool{0: false, 3 * time.Millisecond: false, 5 * time.Millisecond: true} {
		if p := pointOf(1, tolerated, r); p.Valid != valid {
			t.Errorf("tolerating %v it is valid: %v", tolerated, p.Valid)
		}
	}
}

// TestPointHasEveryPart checks that no part of the generator's report is lost.
func TestPointHasEveryPart(t *testing.T) {
	r := late(0)
	r.Completed, r.Targets = 2, []report.Target{{Parts: map[string]time.Duration{}}}
	all := []struct {
		name string
		of   func(result.Point) float64
	}{
		{"lag", func(p result.Point) float64 { return p.Lag }}, {"blocked", func(p result.Point) float64 { return p.Blocked }},
		{"connect", func(p result.Point) float64 { return p.Connect }}, {"network", func(p result.Point) float64 { return p.Network }},
		{"entry", func(p result.Point) float64 { return p.Entry }}, {"queue", func(p result.Point) float64 { return p.Queue }},
		{"cpu", func(p result.Point) float64 { return p.CPU }}, {"wait", func(p result.Point) float64 { return p.Wait }},
		{"unattributed", func(p result.Point) float64 { return p.Unattributed }},
	}
	for i, part := range all {
		r.Targets[0].Parts[part.name] = 2 * time.Duration(i+1) * time.Second
	}
	p := pointOf(1, 0, r)
	for i, part := range all {
		if got := part.of(p); got != float64(i+1) {
			t.Errorf("%s is %v s, want %d", part.name, got, i+1)
		}
	}
}

func TestLagThatAStepBears(t *testing.T) {
	lag, cpu := report.Reason{Name: report.ReasonLag, Detail: "it was late"}, report.Reason{Name: "cpu", Detail: "it was busy"}
	for _, row := range []struct {
		name      string
		tolerated time.Duration
		reasons   []report.Reason
		valid     bool
	}{
		{"none", 0, nil, true},
		{"the generator's own bound", 0, []report.Reason{lag}, false},
		{"less than there was", time.Millisecond, []report.Reason{lag}, false},
		{"more than there was", 3 * time.Millisecond, []report.Reason{lag}, true},
		{"another reason", 3 * time.Millisecond, []report.Reason{lag, cpu}, false},
	} {
		t.Run(row.name, func(t *testing.T) {
			p := pointOf(1, row.tolerated, late(2*time.Millisecond, row.reasons...))
			if p.Valid != row.valid || p.Valid == (len(p.Reasons) > 0) {
				t.Errorf("valid %v for %q", p.Valid, p.Reasons)
			}
		})
	}
}
