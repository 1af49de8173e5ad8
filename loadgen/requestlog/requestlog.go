// Package requestlog writes a line of JSON for each request of a run.
package requestlog

import (
	"bufio"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"sync"
	"sync/atomic"
	"time"

	"loadlab/loadgen"
)

// waiting bounds the requests that have ended and are not written yet. At 100,000 requests a second it
// covers a disk that takes nothing for more than half a second.
const waiting = 1 << 16

// A Log takes results from many goroutines and writes them in another one.
type Log struct {
	queue   chan loadgen.Result
	lost    atomic.Uint64
	written sync.WaitGroup
	err     error // of the writer; only its goroutine's until written
}

// New returns a log that writes to out, which it does not close.
func New(out io.Writer) *Log {
	l := &Log{queue: make(chan loadgen.Result, waiting)}
	l.written.Go(func() { l.err = l.write(out) })
	return l
}

// Add writes the request later. It never waits: a request for which there is no room is left out and counted.
func (l *Log) Add(r loadgen.Result) {
	select {
	case l.queue <- r:
	default:
		l.lost.Add(1)
	}
}

// Close writes what waits, after the last Add. It returns how many requests were left out, and why the log cannot
// be whole.
func (l *Log) Close() (lost uint64, err error) {
	close(l.queue)
	l.written.Wait()
	return l.lost.Load(), l.err
}

// write goes on taking results after an error, which is the first one.
func (l *Log) write(out io.Writer) error {
	buffered := bufio.NewWriterSize(out, 1<<16)
	lines := json.NewEncoder(buffered)
	lines.SetEscapeHTML(false)
	var failed error
	for r := range l.queue {
		if failed == nil {
			failed = lines.Encode(newLine(&r))
		}
	}
	if failed == nil {
		failed = buffered.Flush()
	}
	if failed != nil {
		return fmt.Errorf("log of requests: %w", failed)
	}
	return nil
}

// line is what is written about a request. Times are in nanoseconds.
type line struct {
	Time     time.Time     `json:"time"` // at which it should have been sent
	Target   string        `json:"target"`
	Method   string        `json:"method"`
	URL      string        `json:"url"` // with its placeholders
	Outcome  string        `json:"outcome"`
	Status   int           `json:"status,omitempty"`
	Response time.Duration `json:"response_ns"`
	Service  time.Duration `json:"service_ns"`
	Lag      time.Duration `json:"lag_ns"`
	Bytes    int64         `json:"bytes"`
	Warmup   bool          `json:"warmup,omitempty"`
	Error    string        `json:"error,omitempty"`
	TraceID  string        `json:"trace_id,omitempty"` // of a sampled trace
}

func newLine(r *loadgen.Result) line {
	l := line{
		Time: r.Intended.UTC(), Target: r.Target, Method: r.Method, URL: r.URL, Outcome: r.Outcome.String(), Status: r.Status,
		Response: r.Response, Service: r.Service, Lag: r.Lag, Bytes: r.Bytes, Warmup: r.Warmup,
	}
	if r.Cause != nil {
		l.Error = r.Cause.Example()
	}
	if r.TraceID != [16]byte{} {
		l.TraceID = hex.EncodeToString(r.TraceID[:])
	}
	return l
}
