package requestlog_test

import (
	"bytes"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"loadlab/loadgen"
	"loadlab/loadgen/cause"
	"loadlab/loadgen/record"
	"loadlab/loadgen/requestlog"
)

// blocked is a writer that takes nothing until it is opened.
type blocked struct {
	bytes.Buffer
	open chan struct{}
}

func (b *blocked) Write(p []byte) (int, error) {
	<-b.open
	return b.Buffer.Write(p)
}

// A disk that takes nothing keeps no request waiting. What has no room is counted, and the rest is written.
func TestASlowWriterLosesCountedLines(t *testing.T) {
	out := &blocked{open: make(chan struct{})}
	log := requestlog.New(out)
	const added, writers = 400_000, 4
	var all sync.WaitGroup
	for range writers {
		all.Go(func() {
			for range added / writers {
				log.Add(loadgen.Result{Target: "GET /", Method: "GET", Outcome: record.OK, Status: 200})
			}
		})
	}
	all.Wait() // though nothing was written
	close(out.open)
	lost, err := log.Close()
	written := bytes.Count(out.Bytes(), []byte("\n"))
	if err != nil || lost == 0 || uint64(written)+lost != added {
		t.Errorf("%d lines written, %d lost of %d: %v", written, lost, added, err)
	}
}

type full struct{}

var errFull = errors.New("no space left on device")

func (full) Write([]byte) (int, error) { return 0, errFull }

func TestAWriterThatFailsIsAnError(t *testing.T) {
	log := requestlog.New(full{})
	for range 100_000 {
		log.Add(loadgen.Result{Target: "GET /"})
	}
	if _, err := log.Close(); !errors.Is(err, errFull) {
		t.Errorf("error %v, want %v", err, errFull)
	}
}

func TestLine(t *testing.T) {
	var out bytes.Buffer
	log := requestlog.New(&out)
	log.Add(loadgen.Result{
		Target: "GET /<a>", Method: "GET", URL: "http://127.0.0.1/{seq}", Outcome: record.ConnectError, Intended: time.Unix(1, 5), Response: 3, Service: 2, Lag: 1,
		Warmup: true, TraceID: [16]byte{15: 0xab}, Cause: &cause.Cause{Text: "connection refused"},
	})
	if _, err := log.Close(); err != nil {
		t.Fatal(err)
	}
	want := `{"time":"1970-01-01T00:00:01.000000005Z","target":"GET /<a>","method":"GET","url":"http://127.0.0.1/{seq}","outcome":"connect_error",` +
		`"response_ns":3,"service_ns":2,"lag_ns":1,"bytes":0,"warmup":true,"error":"connection refused","trace_id":"` + strings.Repeat("0", 30) + `ab"}` + "\n"
	if out.String() != want {
		t.Errorf("line %swant %s", out.String(), want)
	}
}
