package loadgen

import (
	"time"

	"loadlab/loadgen/plan"
	"loadlab/loadgen/record"
)

// Snapshot is what happened in one interval of a run, warm-up included.
// Durations are in nanoseconds in JSON.
type Snapshot struct {
	At      time.Time     `json:"at"`
	Elapsed time.Duration `json:"elapsed_ns"` // since the run began
	Length  time.Duration `json:"length_ns"`  // of the interval
	State   State         `json:"state"`

	Scheduled uint64 `json:"scheduled"`
	Completed uint64 `json:"completed"`
	Failed    uint64 `json:"failed"` // of the completed
	Dropped   uint64 `json:"dropped"`

	Rate         float64 `json:"rate"` // completed per second
	InFlight     int64   `json:"in_flight"`
	MeanInFlight float64 `json:"mean_in_flight"`
	Waiting      int     `json:"waiting"` // scheduled and not sent yet
	Connections  int     `json:"connections"`

	ResponseP50 time.Duration            `json:"response_p50_ns"`
	ResponseP99 time.Duration            `json:"response_p99_ns"`
	ServiceP50  time.Duration            `json:"service_p50_ns"`
	ServiceP99  time.Duration            `json:"service_p99_ns"`
	LagP50      time.Duration            `json:"lag_p50_ns"`
	LagP99      time.Duration            `json:"lag_p99_ns"`
	Parts       map[string]time.Duration `json:"parts_ns"`

	Valid   bool     `json:"valid"`
	Reasons []string `json:"reasons,omitempty"`
}

// An interval gathers what was collected since the last snapshot.
type interval struct {
	response, service, lag                record.Histogram
	scheduled, completed, failed, dropped uint64
	parts                                 [record.Parts]time.Duration
	began                                 int64
	atBegin                               span
}

func (v *interval) add(set *record.Set) {
	for i := range set.Targets {
		t := &set.Targets[i]
		v.scheduled += t.Scheduled
		v.completed += t.Completed()
		v.failed += t.Completed() - t.Outcomes[record.OK]
		v.dropped += t.DroppedAll()
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

// snapshot collects and describes the interval that ends now.
func (e *Engine) snapshot() Snapshot {
	state := e.State()
	b := &e.book
	b.mu.Lock()
	defer b.mu.Unlock()
	b.collectLocked(e)
	now, spent, v := e.clock.now(), e.spent(), &b.interval
	length := time.Duration(now - v.began)
	s := Snapshot{
		At: e.clock.start.Add(time.Duration(now)), Elapsed: time.Duration(now), Length: length, State: state,
		Scheduled: v.scheduled, Completed: v.completed, Failed: v.failed, Dropped: v.dropped,
		Rate: float64(v.completed) / length.Seconds(), InFlight: b.last.inFlight,
		MeanInFlight: (spent.inFlight - v.atBegin.inFlight).Seconds() / length.Seconds(),
		Waiting:      b.last.outstanding - int(b.last.inFlight), Connections: b.last.open,
		ResponseP50: v.response.Quantile(.5), ResponseP99: v.response.Quantile(.99),
		ServiceP50: v.service.Quantile(.5), ServiceP99: v.service.Quantile(.99),
		LagP50: v.lag.Quantile(.5), LagP99: v.lag.Quantile(.99), Parts: map[string]time.Duration{},
	}
	for p, d := range v.parts {
		s.Parts[record.Part(p).String()] = d
	}
	s.Reasons = v.doubts(b.loop == plan.Open, e.share(spent.cpu-v.atBegin.cpu, length))
	s.Valid = len(s.Reasons) == 0
	b.doubts = s.Reasons
	v.response.Reset()
	v.service.Reset()
	v.lag.Reset()
	*v = interval{response: v.response, service: v.service, lag: v.lag, began: now, atBegin: spent}
	return s
}

// doubts is the part of the health gate that an interval allows; the report judges the whole run.
func (v *interval) doubts(open bool, cpu float64) []string {
	var reasons []string
	if open && v.lag.Quantile(.99) > time.Millisecond {
		reasons = append(reasons, "lag")
	}
	if cpu > .8 {
		reasons = append(reasons, "cpu")
	}
	return reasons
}
