package loadgen

import (
	"time"

	"loadlab/loadgen/cause"
	"loadlab/loadgen/clock"
	"loadlab/loadgen/record"
	"loadlab/loadgen/send"
)

// An Option adds something to a run.
type Option func(*options)

type options struct {
	abort    <-chan struct{}
	onResult []func(Result)
	onSample func(Sample)
}

// WithAbort ends the run at once when abort is closed: what is in flight is unfinished.
func WithAbort(abort <-chan struct{}) Option { return func(o *options) { o.abort = abort } }

// OnResult calls f with every request that has ended, from many goroutines.
func OnResult(f func(Result)) Option {
	return func(o *options) { o.onResult = append(o.onResult, f) }
}

// OnSample calls f with every request whose trace is sampled, from many goroutines.
func OnSample(f func(Sample)) Option { return func(o *options) { o.onSample = f } }

// Result is one request that has ended.
type Result struct {
	Target            string
	Method, URL       string
	Status            int // 0 if there was no whole response
	Outcome           record.Outcome
	Response, Service time.Duration

	Intended time.Time     // when it should have been sent
	Lag      time.Duration // the generator's own, without waiting for a connection
	Bytes    int64         // of the response's body
	Warmup   bool          // it is not reported
	TraceID  [16]byte      // zero unless the trace is sampled
	Cause    *cause.Cause  // why there was no whole response
}

// Sample is one request whose trace is sampled.
type Sample struct {
	Result
	SpanID     [8]byte
	Start, End time.Time     // of the service time
	Blocked    time.Duration // waiting for a free connection
}

// ended is send.Config.Ended: nil if no option needs it.
func (o *options) ended(c *clock.Clock) func(send.Job, record.Result) {
	if len(o.onResult) == 0 && o.onSample == nil {
		return nil
	}
	return func(j send.Job, r record.Result) {
		for _, f := range o.onResult {
			f(describe(c, &j, &r))
		}
		if o.onSample != nil && j.Trace.Sampled {
			o.onSample(sample(c, &j, &r))
		}
	}
}

func describe(c *clock.Clock, j *send.Job, r *record.Result) Result {
	return Result{
		Intended: c.Time(j.Intended), Lag: r.Parts[record.Lag], Bytes: r.Bytes, Warmup: j.Warm, TraceID: r.TraceID, Cause: r.Cause,
		Target: j.Endpoint.Name, Method: j.Endpoint.Method, URL: j.Endpoint.URL,
		Status: r.Status, Outcome: r.Outcome, Response: r.Response, Service: r.Service,
	}
}

func sample(c *clock.Clock, j *send.Job, r *record.Result) Sample {
	start := c.Time(j.Sent)
	return Sample{
		Result: describe(c, j, r), SpanID: j.Trace.SpanID(), Start: start, End: start.Add(r.Service),
		Blocked: r.Parts[record.Blocked],
	}
}
