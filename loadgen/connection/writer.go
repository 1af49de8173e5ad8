package connection

import (
	"errors"
	"sync"
	"syscall"

	"loadlab/loadgen/target"
)

// A writer builds requests in one buffer and writes them. Its lock is for a response that arrives, and
// with it the next request, before the write has returned.
type writer struct {
	mu     sync.Mutex
	values target.Values
	trace  []byte
	out    []byte // the request
	wrote  int
	failed error
	try    func(fd uintptr) bool // tryWrite; a method value would be allocated at every use
}

func newWriter() *writer {
	w := &writer{}
	w.try = w.tryWrite
	return w
}

// write sends r in one attempt that does not wait: a server that does not read must not hold
// the pacer. It returns what is left to write; of a connection that has ended, nothing.
func (w *writer) write(raw syscall.RawConn, r *Request) (rest []byte) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.trace = r.Trace.appendTraceparent(w.trace[:0])
	w.values.Seq, w.values.Random, w.values.Traceparent = r.Seq, r.Random, w.trace
	w.values.Fill = r.Fill
	w.values.Created = append(w.values.Created[:0], r.Created...)
	w.out = r.Target.AppendRequest(w.out[:0], &w.values)
	w.wrote, w.failed = 0, nil
	if err := raw.Write(w.try); err != nil {
		return nil // the connection is gone, which its goroutine sees
	}
	if w.wrote < len(w.out) && (w.failed == nil || errors.Is(w.failed, syscall.EAGAIN)) {
		return append([]byte(nil), w.out[w.wrote:]...)
	}
	return nil
}

func (w *writer) tryWrite(fd uintptr) bool {
	w.wrote, w.failed = writeOnce(fd, w.out)
	return true
}
