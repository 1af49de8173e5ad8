package loadgen

import (
	"encoding/binary"
	"math/rand/v2"
	"time"

	"loadlab/loadgen/record"
	"loadlab/loadgen/target"
)

// An endpoint is a target with its place in the run.
type endpoint struct {
	target.Target
	index int // of its records
	host  int // of its connections
	std   bool
}

// A job is one scheduled request. Times are nanoseconds on the engine's clock.
//
//	intended --lag--> handed --blocked--> freed --lag--> (connect) --> sent --service--> received --lag--> end
type job struct {
	endpoint *endpoint
	seq      uint64
	intended int64
	handed   int64 // to a connection, or to the queue for one
	freed    int64 // when the connection for which it was queued became free; 0 if it was not queued
	sent     int64 // start of the write
	connect  int64 // how long connecting took
	warm     bool  // within the warm-up
	sampled  bool
	random   uint64
	trace    [2]uint64
	span     uint64
	created  string // fills {created}
}

// identify draws the job's trace context. Neither id may be zero.
func (j *job) identify(random *rand.PCG, ratio float64) {
	j.trace = [2]uint64{random.Uint64() | 1, random.Uint64()}
	j.span = random.Uint64() | 1
	j.random = j.trace[1] >> 20
	j.sampled = ratio > 0 && float64(j.trace[1]>>11)/(1<<53) < ratio
}

// result is the record of a job that ended at end. The server's split is
// believed if it is not more than the service time, less what the response lay
// in the socket.
func (j *job) result(end int64, outcome record.Outcome, r response) record.Result {
	result := record.Result{
		Target: j.endpoint.index, Outcome: outcome, Status: r.status, Bytes: r.bytes,
		Response: time.Duration(end - j.intended),
		Service:  time.Duration(end - j.sent),
		Lag:      time.Duration(j.handed - j.intended),
	}
	late, dated := r.late(result.Service)
	result.Dated = dated
	if j.freed > 0 {
		result.Parts[record.Blocked] = time.Duration(j.freed - j.handed)
	}
	result.Parts[record.Connect] = time.Duration(j.connect)
	result.Parts[record.Lag] = result.Response - result.Service - result.Parts[record.Blocked] - time.Duration(j.connect) + late
	t, served := r.timing, result.Service-late
	if reported := t.CPU + t.Wait + t.Queue; t.Known && reported <= served {
		result.Split = true
		result.Parts[record.CPU] = t.CPU
		result.Parts[record.Wait] = t.Wait
		result.Parts[record.Entry] = t.Entry
		result.Parts[record.Queue] = t.Queue - t.Entry
		result.Parts[record.Network] = served - reported
	} else {
		result.Parts[record.Unattributed] = served
	}
	if j.sampled {
		result.TraceID = j.traceID()
	}
	return result
}

func (j *job) traceID() (id [16]byte) {
	binary.BigEndian.PutUint64(id[:8], j.trace[0])
	binary.BigEndian.PutUint64(id[8:], j.trace[1])
	return id
}

const hexDigits = "0123456789abcdef"

// appendTraceparent appends the W3C trace context of the job.
func (j *job) appendTraceparent(dst []byte) []byte {
	dst = append(dst, "00-"...)
	dst = appendHex(dst, j.trace[0])
	dst = appendHex(dst, j.trace[1])
	dst = append(dst, '-')
	dst = appendHex(dst, j.span)
	if j.sampled {
		return append(dst, "-01"...)
	}
	return append(dst, "-00"...)
}

func appendHex(dst []byte, v uint64) []byte {
	for shift := 60; shift >= 0; shift -= 4 {
		dst = append(dst, hexDigits[v>>shift&15])
	}
	return dst
}
