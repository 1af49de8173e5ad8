package report

import (
	"fmt"

	"loadlab/loadgen/record"
)

// ownLimits are the limits of the generator that the run has met, with their causes and remedies.
func (r *Report) ownLimits(run *Run) []Reason {
	var own []Reason
	for _, f := range r.Failures() {
		if f.Outcome == record.LocalLimit.String() {
			own = append(own, Reason{ReasonLocalLimit, fmt.Sprintf("%s (%d requests were not sent): %s", f.Cause, f.Count, f.Remedy)})
		}
	}
	wall := run.Elapsed + run.Drained
	switch {
	case wall > 0 && run.Throttled.Seconds()/wall.Seconds() > maxThrottled:
		own = append(own, Reason{ReasonCPU, fmt.Sprintf("the CPU quota of %.3g cores stopped the generator for %v of %v: raise the quota of its container, or lower the load",
			run.Cores, round(run.Throttled), round(wall))})
	case r.GeneratorCPU > MaxCPU:
		own = append(own, Reason{ReasonCPU, fmt.Sprintf("the generator used %.0f %% of the %.3g cores it may use, more than %.0f %%: give it more cores, or lower the load",
			100*r.GeneratorCPU, run.Cores, 100*MaxCPU)})
	}
	return own
}

// limit says what held the rate down, and why. It is the server only if that failed, or left
// unanswered, something that it was asked.
func (r *Report) limit(open bool, own []Reason) (limit, cause string) {
	if r.Loop == batchLoop && r.Dropped[record.LocalLimit.String()] == 0 {
		return NoLimit, "" // there is no rate that could have been higher
	}
	waited := r.Parts()[record.Blocked.String()] > r.Service.Sum
	unserved := r.unserved()
	held := waited || r.sentShare() < minAchieved
	switch {
	case len(own) > 0 && (!open || held || own[0].Name == ReasonLocalLimit):
		return LimitGenerator, own[0].Detail
	case r.Dropped[record.Late.String()] > 0:
		return LimitGenerator, fmt.Sprintf("%d requests could not be sent within the time limit", r.Dropped[record.Late.String()])
	case r.tooLate(open) && (held || r.Lag.Quantile(.5) > MaxLag):
		return LimitGenerator, fmt.Sprintf("schedule lag p99 is %v", round(r.Lag.Quantile(.99)))
	case open && !held, unserved == 0 && !waited:
		return NoLimit, ""
	case unserved == 0:
		return LimitConnections, "every request was served, but requests waited longer for a connection than they were served; allow more with LOADGEN_MAX_CONNECTIONS"
	}
	cause = fmt.Sprintf("%d requests failed or were not answered in time", unserved)
	if failures := r.Failures(); len(failures) > 0 {
		cause += ", most often by: " + failures[0].Cause
	}
	return LimitServer, cause
}

// unserved is the number of requests that the server failed, or did not answer before they were given up.
func (r *Report) unserved() uint64 {
	n := r.Failed() + r.Dropped[record.QueueFull.String()] + r.Dropped[record.Deadline.String()]
	if !r.Interrupted { // else the user gave them up
		n += r.Dropped[record.RunEnd.String()] + r.Unfinished
	}
	return n
}

// tooLate reports whether the generator was so late that it may have been the limit.
func (r *Report) tooLate(open bool) bool { return open && r.Lag.Quantile(.99) > MaxLag }
