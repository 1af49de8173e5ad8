package output

import (
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/HdrHistogram/hdrhistogram-go"

	"loadlab/loadgen/report"
)

// HDRLog writes the distributions of a report as a HdrHistogram log, version 1.3, in nanoseconds: one interval of
// the whole run for each tag. The tags are response, response_ok, service and schedule_lag, then
// response:TARGET for each target, in which an underscore replaces what a tag may not have.
func HDRLog(w io.Writer, r *report.Report) error {
	log := hdrhistogram.NewHistogramLogWriter(w)
	errs := []error{
		log.OutputComment("[loadgen run " + tag(r.RunID) + ", values in nanoseconds]"),
		log.OutputLogFormatVersion(), log.OutputStartTime(r.Started.UnixMilli()), log.OutputLegend(),
	}
	add := func(name string, times report.Times) {
		if times.Count() == 0 {
			return
		}
		interval := hdrhistogram.Import(times.HDR.Export())
		interval.SetTag(tag(name))
		interval.SetStartTimeMs(r.Started.UnixMilli())
		interval.SetEndTimeMs(r.Ended.UnixMilli())
		errs = append(errs, log.OutputIntervalHistogram(interval))
	}
	add("response", r.Response)
	add("response_ok", r.ResponseOK)
	add("service", r.Service)
	add("schedule_lag", r.Lag)
	for i := range r.Targets {
		add("response:"+r.Targets[i].Name, r.Targets[i].Response)
	}
	if err := errors.Join(errs...); err != nil {
		return fmt.Errorf("write HdrHistogram log: %w", err)
	}
	return nil
}

// tag is name without what separates the fields of a line.
func tag(name string) string {
	return strings.Map(func(r rune) rune {
		if r <= ' ' || r == ',' || r == 0x7f {
			return '_'
		}
		return r
	}, name)
}
