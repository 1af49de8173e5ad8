package transfer

import (
	"errors"
	"net"
	"net/http"
	"time"

	"loadlab/internal/decimal"
)

const (
	unbounded = 16 << 10 // bytes of a reply that the kernel takes in any case
	piece     = 16 << 10 // bytes that are written at once
)

// Writer writes one reply. What fits into the buffers of the kernel is written
// as it is; a larger reply is a transfer.
type Writer struct {
	http.ResponseWriter
	pool     *Pool
	transfer *transfer // nil until there is one
	written  int64
	slow     bool
}

// Send returns a writer of a reply to w. Its Done must be called at the end.
func (p *Pool) Send(w http.ResponseWriter) Writer { return Writer{ResponseWriter: w, pool: p} }

// Write implements http.ResponseWriter. The error may be ErrNoRoom.
func (w *Writer) Write(data []byte) (int, error) {
	if w.written+int64(len(data)) <= unbounded {
		w.written += int64(len(data))
		return w.ResponseWriter.Write(data)
	}
	if w.transfer == nil {
		w.transfer = w.pool.begin(http.NewResponseController(w.ResponseWriter).SetWriteDeadline)
		w.transfer.hold(max(int64(len(data)), w.announced()))
	}
	written, err := w.write(data)
	var network net.Error
	w.slow = w.slow || errors.Is(err, ErrNoRoom) || errors.As(err, &network) && network.Timeout()
	return written, err
}

func (w *Writer) write(data []byte) (written int, err error) {
	for len(data) > 0 {
		part := data[:min(piece, len(data))]
		if !w.transfer.extend(w.written + int64(len(part))) {
			return written, ErrNoRoom
		}
		n, err := w.ResponseWriter.Write(part)
		w.written += int64(n)
		written += n
		if err != nil {
			return written, err
		}
		data = data[n:]
	}
	return written, nil
}

// announced is the length of the whole reply: a proxy has it in memory too.
func (w *Writer) announced() int64 {
	length, _ := decimal.Int(w.Header().Get("Content-Length"))
	return length
}

// Delay allows d more for the transfer in progress, if there is one: it was the
// sender that was slow.
func (w *Writer) Delay(d time.Duration) {
	if w.transfer != nil {
		w.transfer.delay(d)
	}
}

// Done ends the transfer. It reports whether it was given up, because the client
// read too slowly or others needed its memory.
func (w *Writer) Done() (gaveUp bool) {
	if w.transfer != nil {
		w.transfer.done()
	}
	return w.slow
}

// Unwrap lets http.ResponseController reach the connection.
func (w *Writer) Unwrap() http.ResponseWriter { return w.ResponseWriter }
