package report

import (
	"time"

	"loadlab/loadgen/record"
)

// DroppedAll is the number of scheduled requests that were never sent.
func (r *Report) DroppedAll() uint64 {
	var n uint64
	for _, d := range r.Dropped {
		n += d
	}
	return n
}

// Succeeded is the number of completed requests whose outcome is ok.
func (r *Report) Succeeded() uint64 {
	ok := uint64(0)
	for i := range r.Targets {
		ok += r.Targets[i].Outcomes[record.OK.String()]
	}
	return ok
}

// Failed is the number of completed requests whose outcome is not ok.
func (r *Report) Failed() uint64 { return r.Completed - r.Succeeded() }

// sentShare is the part of the scheduled requests that were completed.
func (r *Report) sentShare() float64 {
	if r.Scheduled == 0 {
		return 1
	}
	return float64(r.Completed) / float64(r.Scheduled)
}

func addAll[K comparable, V uint64 | time.Duration](into, from map[K]V) {
	for k, v := range from {
		into[k] += v
	}
}
