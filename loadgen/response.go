package loadgen

import (
	"time"

	"loadlab/loadgen/client"
	"loadlab/loadgen/record"
)

// response is what a job's end needs to know of the response.
type response struct {
	status   int
	bytes    int64
	timing   client.Timing
	created  []byte
	received int64 // by the kernel, in nanoseconds since 1970; 0 if that is unknown
	read     time.Time
}

// late is how long the response lay in the socket, at most the service time. It
// is false if that is unknown.
func (r *response) late(service time.Duration) (time.Duration, bool) {
	if r.received == 0 {
		return 0, false
	}
	return min(max(0, time.Duration(r.read.UnixNano()-r.received)), service), true
}

func judge(status int) record.Outcome {
	if status >= 400 {
		return record.HTTPError
	}
	return record.OK
}
