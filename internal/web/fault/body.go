package fault

import (
	"net/http"
	"slices"
	"time"
)

// piecesPerSecond is how often a slow body goes on.
const piecesPerSecond = 10

// slowWriter sends a body at rate bytes per second.
type slowWriter struct {
	http.ResponseWriter
	request Request
	rate    float64
	mark    func() // called once, before the first byte
	marked  bool
	failed  bool
}

// Write sends data in pieces. A reply that cannot be completed within the time
// budget of its request has failed, and must not look complete.
func (w *slowWriter) Write(data []byte) (sent int, err error) {
	if len(data) > 0 && !w.marked {
		w.marked = true
		w.mark()
	}
	err = w.request.Meter().Wait("slow_body", func() error {
		size := max(1, int(w.rate/piecesPerSecond))
		for len(data) > 0 {
			piece := data[:min(size, len(data))]
			pause := time.Duration(float64(len(piece)) / w.rate * float64(time.Second))
			began := time.Now()
			if err := sleep(w.request, pause); err != nil {
				return err
			}
			w.request.Delayed(time.Since(began))
			n, err := w.ResponseWriter.Write(piece)
			sent += n
			if err != nil {
				return err
			}
			flush(w.ResponseWriter)
			data = data[n:]
		}
		return nil
	})
	w.failed = w.failed || err != nil
	return sent, err
}

// Unwrap lets http.ResponseController reach the connection.
func (w *slowWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }

// shortWriter sends the first bytes of a body, and never all of it.
type shortWriter struct {
	http.ResponseWriter
	left int    // bytes that may still be sent
	held []byte // the last byte so far, which is not sent unless another follows
	mark func() // called once, as the reply is cut
	cut  bool
}

// Write sends what may be sent. The handler does not learn of the rest.
func (w *shortWriter) Write(data []byte) (int, error) {
	if w.cut || len(data) == 0 {
		return len(data), nil
	}
	all := slices.Concat(w.held, data)
	piece := all[:min(w.left, len(all)-1)]
	w.held = append([]byte(nil), all[len(all)-1])
	if len(piece) > 0 {
		w.left -= len(piece)
		if _, err := w.ResponseWriter.Write(piece); err != nil {
			return 0, err
		}
	}
	if len(piece) < len(all)-1 {
		w.endHere()
	}
	return len(data), nil
}

func (w *shortWriter) endHere() {
	w.cut = true
	w.mark()
	flush(w.ResponseWriter)
}

// end cuts a reply whose body is shorter than what may be sent. It reports
// whether the reply has a body, and so has been cut.
func (w *shortWriter) end() bool {
	if len(w.held) > 0 && !w.cut {
		w.endHere()
	}
	return w.cut
}

// Unwrap lets http.ResponseController reach the connection.
func (w *shortWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }

// flush hands what has been written to the kernel. A recorder of tests cannot.
func flush(w http.ResponseWriter) { _ = http.NewResponseController(w).Flush() }
