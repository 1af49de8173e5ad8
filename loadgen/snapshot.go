package loadgen

import (
	"context"
	"time"

	"loadlab/loadgen/plan"
	"loadlab/loadgen/record"
)

// collectEachInterval collects once an interval, until ctx ends.
func (e *Engine) collectEachInterval(ctx context.Context) {
	ticker := time.NewTicker(e.cfg.Interval)
	defer ticker.Stop()
	for {
		select {
		case <-ticker.C:
			e.ctl.watchers.publish(e.snapshot())
		case <-ctx.Done():
			return
		}
	}
}

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

// snapshot collects and describes the interval that ends now.
func (e *Engine) snapshot() Snapshot {
	state := e.State()
	r := e.results.lock()
	defer e.results.unlock()
	r.collect(e.sender)
	now, spent, v := r.last.At, used(r.last), &r.interval
	length := time.Duration(now - v.began)
	s := Snapshot{
		At: e.clock.Time(now), Elapsed: time.Duration(now), Length: length, State: state,
		Scheduled: v.scheduled, Completed: v.completed, Failed: v.failed, Dropped: v.dropped,
		Rate: float64(v.completed) / length.Seconds(), InFlight: r.last.InFlight,
		MeanInFlight: (spent.inFlight - v.atBegin.inFlight).Seconds() / length.Seconds(),
		Waiting:      r.last.Outstanding - int(r.last.InFlight), Connections: r.last.Connections,
		ResponseP50: v.response.Quantile(.5), ResponseP99: v.response.Quantile(.99),
		ServiceP50: v.service.Quantile(.5), ServiceP99: v.service.Quantile(.99),
		LagP50: v.lag.Quantile(.5), LagP99: v.lag.Quantile(.99), Parts: map[string]time.Duration{},
	}
	for p, d := range v.parts {
		s.Parts[record.Part(p).String()] = d
	}
	s.Reasons = v.reasons(r.loop == plan.Open, e.share(spent.cpu-v.atBegin.cpu, length))
	s.Valid = len(s.Reasons) == 0
	r.reasons = s.Reasons
	v.response.Reset()
	v.service.Reset()
	v.lag.Reset()
	*v = interval{response: v.response, service: v.service, lag: v.lag, began: now, atBegin: spent}
	return s
}
