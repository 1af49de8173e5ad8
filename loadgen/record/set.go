package record

import (
	"time"

	"loadlab/loadgen/cause"
)

// Result is one request that was sent and has ended.
type Result struct {
	Target   int
	Outcome  Outcome
	Status   int // 0 if no whole response arrived
	Response time.Duration
	Service  time.Duration
	Lag      time.Duration // of the generator alone, without waiting for a connection
	Parts    [Parts]time.Duration
	Split    bool // the server reported its parts
	Dated    bool // the kernel's time of receipt of the response is known
	Bytes    int64
	TraceID  [16]byte     // zero unless the trace is sampled
	Cause    *cause.Cause // why there was no whole response
}

// maxStatus bounds the status codes that are counted.
const maxStatus = 1000

// Target holds what became of the requests to one target.
type Target struct {
	Scheduled uint64
	Dropped   [drops]uint64
	Outcomes  [outcomes]uint64
	Status    [maxStatus]uint64 // of whole responses
	judged    judged
	Parts     [Parts]time.Duration
	Splits    uint64 // requests whose server reported its parts
	Dated     uint64 // responses whose time of receipt is known
	Bytes     int64
	Response  [outcomes]Histogram
	Service   [outcomes]Histogram
	Lag       Histogram
	exemplars []exemplar
	failures  failures
}

type exemplar struct {
	outcome  Outcome
	response time.Duration
	trace    [16]byte
}

// maxExemplars bounds the exemplars of one target between two collections.
const maxExemplars = 32

// Set records the results of all targets. It has one writer at a time.
type Set struct {
	Targets []Target
}

// NewSet returns an empty set. Histograms take memory when they are first used.
func NewSet(targets int) *Set { return &Set{Targets: make([]Target, targets)} }

// Add counts a result.
func (s *Set) Add(r *Result) {
	t := &s.Targets[r.Target]
	t.Outcomes[r.Outcome]++
	if (r.Outcome <= HTTPError || r.Outcome == CheckFailed) && r.Status < maxStatus {
		t.Status[r.Status]++
		if r.Outcome != byStatus(r.Status) {
			t.judged.add(r.Status, r.Outcome, 1)
		}
	}
	t.Bytes += r.Bytes
	if r.Outcome != Unfinished { // as the report's response times, of which the parts are
		for i, d := range r.Parts {
			t.Parts[i] += d
		}
	}
	if r.Split {
		t.Splits++
	}
	if r.Dated {
		t.Dated++
	}
	t.Response[r.Outcome].Record(r.Response)
	t.Service[r.Outcome].Record(r.Service)
	t.Lag.Record(r.Lag)
	if r.Cause != nil {
		t.failures.add(r.Outcome.String(), r.Cause)
	}
	if r.TraceID != [16]byte{} && len(t.exemplars) < maxExemplars {
		t.exemplars = append(t.exemplars, exemplar{r.Outcome, r.Response, r.TraceID})
	}
}

// Refuse counts the result of a request that was never sent, because the generator itself was the limit.
func (s *Set) Refuse(r *Result) {
	t := &s.Targets[r.Target]
	t.Dropped[LocalLimit]++
	t.failures.add(LocalLimit.String(), r.Cause)
}

// Reset empties the set and keeps its memory.
func (s *Set) Reset() {
	for i := range s.Targets {
		t := &s.Targets[i]
		for o := range t.Response {
			t.Response[o].Reset()
			t.Service[o].Reset()
		}
		t.Lag.Reset()
		t.failures.reset()
		clear(t.judged)
		*t = Target{judged: t.judged, Response: t.Response, Service: t.Service, Lag: t.Lag, exemplars: t.exemplars[:0], failures: t.failures}
	}
}

// Completed is the number of requests that were sent and have ended, unfinished ones excepted.
func (t *Target) Completed() uint64 {
	var n uint64
	for o := range Unfinished {
		n += t.Outcomes[o]
	}
	return n
}

// DroppedAll is the number of requests that were scheduled and never sent.
func (t *Target) DroppedAll() uint64 {
	var n uint64
	for _, d := range t.Dropped {
		n += d
	}
	return n
}
