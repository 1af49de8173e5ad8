package send

import (
	"time"

	"loadlab/loadgen/connection"
	"loadlab/loadgen/record"
)

// result is the record of a job whose response, read at the time read, ended it at end. The server's
// split is believed if it is not more than the service time, less what the response lay in the socket.
func (j *Job) result(end int64, read time.Time, r *connection.Response) record.Result {
	result := record.Result{
		Target: j.Endpoint.Index, Outcome: r.Outcome, Status: r.Status, Bytes: r.Bytes, Cause: r.Cause,
		Response: time.Duration(end - j.Intended),
		Service:  time.Duration(end - j.Sent),
		Lag:      time.Duration(j.handed - j.Intended),
	}
	late, dated := lay(r, read, result.Service)
	result.Dated = dated
	if j.freed > 0 {
		result.Parts[record.Blocked] = time.Duration(j.freed - j.handed)
	}
	result.Parts[record.Connect] = time.Duration(j.connect)
	result.Parts[record.Lag] = result.Response - result.Service - result.Parts[record.Blocked] - time.Duration(j.connect) + late
	t, served := r.Timing, result.Service-late
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
	if j.Trace.Sampled {
		result.TraceID = j.Trace.TraceID()
	}
	return result
}

// lay is how long the response lay in the socket until it was read, at most the service time. It
// is false if that is unknown.
func lay(r *connection.Response, read time.Time, service time.Duration) (time.Duration, bool) {
	if r.Received == 0 {
		return 0, false
	}
	return min(max(0, time.Duration(read.UnixNano()-r.Received)), service), true
}
