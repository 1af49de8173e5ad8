package fault

import (
	"context"
	"net/http"
	"time"

	"github.com/labstack/echo/v4"

	"loadlab/internal/web/faultkind"
)

// send serves the request with the faults that act on the body of its reply.
func (f *Switches) send(c echo.Context, r Request, next echo.HandlerFunc) error {
	if c.Request().Method == http.MethodHead {
		return next(c) // the reply has no body
	}
	response := c.Response()
	own := response.Writer
	defer func() { response.Writer = own }()
	var slow *slowWriter
	var short *shortWriter
	set, now := f.current.Load(), time.Now()
	if a := set.find(faultkind.SlowBody, c.Path(), now); a != nil && a.sequence.Next().Hit {
		slow = &slowWriter{ResponseWriter: response.Writer, request: r, rate: a.Value, mark: func() { f.mark(r, faultkind.SlowBody) }}
		response.Writer = slow
	}
	if a := set.find(faultkind.Truncate, c.Path(), now); a != nil && a.sequence.Next().Hit {
		short = &shortWriter{ResponseWriter: response.Writer, left: int(a.Value), mark: func() { f.mark(r, faultkind.Truncate) }}
		response.Writer = short
	}
	err := next(c)
	if slow != nil && slow.failed || short != nil && short.end() {
		return ErrCut
	}
	return err
}

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
			if err := sleep(w.request, pause); err != nil {
				return err
			}
			w.request.Delayed(pause)
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

func sleep(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

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
	all := append(w.held, data...)
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
