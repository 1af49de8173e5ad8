package loadgen

import (
	"time"

	"loadlab/loadgen/record"
	"loadlab/loadgen/report"
)

// An interval gathers what was collected since the last snapshot.
type interval struct {
	response, service, lag                record.Histogram
	scheduled, completed, failed, dropped uint64
	refused                               uint64 // of the dropped, because the generator itself was the limit
	parts                                 [record.Parts]time.Duration
	began                                 int64
	atBegin                               usage
}

func (v *interval) add(set *record.Set) {
	for i := range set.Targets {
		t := &set.Targets[i]
		v.scheduled += t.Scheduled
		v.completed += t.Completed()
		v.failed += t.Completed() - t.Outcomes[record.OK]
		v.dropped += t.DroppedAll()
		v.refused += t.Dropped[record.LocalLimit]
		for o := range record.Unfinished {
			v.response.Add(&t.Response[o])
			v.service.Add(&t.Service[o])
		}
		v.lag.Add(&t.Lag)
		for p, d := range t.Parts {
			v.parts[p] += d
		}
	}
}

// reasons is the part of the health gate that an interval allows; the report judges the whole run.
func (v *interval) reasons(open bool, cpu float64) []string {
	var reasons []string
	if v.refused > 0 {
		reasons = append(reasons, report.ReasonLocalLimit)
	}
	if open && v.lag.Quantile(.99) > report.MaxLag {
		reasons = append(reasons, report.ReasonLag)
	}
	if cpu > report.MaxCPU {
		reasons = append(reasons, report.ReasonCPU)
	}
	return reasons
}
