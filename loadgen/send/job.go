package send

import (
	"math/rand/v2"

	"loadlab/loadgen/connection"
	"loadlab/loadgen/target"
)

// User is the virtual user of a chain.
type User = connection.User

// An Endpoint is a target with its place in the run.
type Endpoint struct {
	target.Target
	Index int // of its records
	Host  int // of its connections
	Std   bool
	Plain bool // a request needs no more than its number
}

// A Job is one scheduled request. Times are nanoseconds on the run's clock.
//
//	intended --lag--> handed --blocked--> freed --lag--> (connect) --> sent --service--> received --lag--> end
type Job struct {
	Endpoint *Endpoint
	Seq      uint64
	Created  string // fills {created}
	Fill     *target.Fill
	User     *User // nil outside of a chain
	Warm     bool  // within the warm-up
	Intended int64

	// What follows is set here.
	Sent    int64 // start of the write
	Trace   connection.Trace
	random  uint64
	handed  int64 // to a connection, or to the queue for one
	freed   int64 // when the connection for which it was queued became free; 0 if it was not queued
	connect int64 // how long connecting took
}

// identify draws the job's trace context. Neither id may be zero.
func (j *Job) identify(random *rand.PCG, ratio float64) {
	j.Trace = connection.Trace{High: random.Uint64() | 1, Low: random.Uint64(), Span: random.Uint64() | 1}
	j.random = j.Trace.Low >> 20
	j.Trace.Sampled = ratio > 0 && float64(j.Trace.Low>>11)/(1<<53) < ratio
}

func (j *Job) request() connection.Request {
	return connection.Request{Target: &j.Endpoint.Target, Seq: j.Seq, Random: j.random, Created: j.Created, Fill: j.Fill, User: j.User, Trace: j.Trace}
}
