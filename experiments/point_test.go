package experiments

import (
	"testing"
	"time"

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
		Lag: report.NewTimes(lag, d), Response: report.NewTimes(none, 0), Service: report.NewTimes(none, 0),
		Validity: report.Validity{Reasons: reasons},
	}
}

func TestLagThatAStepBears(t *testing.T) {
	lag, cpu := report.Reason{Name: report.ReasonLag, Detail: "it was late"}, report.Reason{Name: "cpu", Detail: "it was busy"}
	for _, row := range []struct {
		name    string
		bears   time.Duration
		reasons []report.Reason
		valid   bool
	}{
		{"none", 0, nil, true},
		{"the generator's own bound", 0, []report.Reason{lag}, false},
		{"less than there was", time.Millisecond, []report.Reason{lag}, false},
		{"more than there was", 3 * time.Millisecond, []report.Reason{lag}, true},
		{"another reason", 3 * time.Millisecond, []report.Reason{lag, cpu}, false},
	} {
		t.Run(row.name, func(t *testing.T) {
			p := pointOf(1, row.bears, late(2*time.Millisecond, row.reasons...))
			if p.Valid != row.valid || p.Valid == (len(p.Reasons) > 0) {
				t.Errorf("valid %v for %q", p.Valid, p.Reasons)
			}
		})
	}
}
