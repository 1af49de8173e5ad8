package fault

import (
	"fmt"
	"net/http"
	"time"

	"github.com/labstack/echo/v4"

	"loadlab/internal/web/faultkind"
	"loadlab/internal/web/problem"
)

// ErrCut is the error of a request whose connection a fault has ended. There is
// no reply to it, or no end of one.
var ErrCut = fmt.Errorf("the connection was ended by a fault: %w", http.ErrAbortHandler)

// Inject applies the faults to a request. The time that it loses to them is wait:
// they represent a slow dependency or a slow network.
func (f *Switches) Inject(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		if len(f.current.Load().faults) == 0 {
			return next(c)
		}
		r := f.host.Request(c)
		if err := f.before(c, r); err != nil {
			return err
		}
		return f.send(c, r, next)
	}
}

// before applies the faults that act before the request is served.
func (f *Switches) before(c echo.Context, r Request) error {
	if err := f.stall(c, r); err != nil {
		return err
	}
	if d := f.decide(faultkind.Latency, c); d.Hit {
		f.mark(r, faultkind.Latency)
		if err := r.Meter().Sleep(r, d.Delay); err != nil {
			return err
		}
	}
	if f.decide(faultkind.Reset, c).Hit {
		f.mark(r, faultkind.Reset)
		reset(c.Response().Writer)
		return ErrCut
	}
	if f.decide(faultkind.Drop, c).Hit {
		f.mark(r, faultkind.Drop)
		return ErrCut
	}
	if d := f.decide(faultkind.Errors, c); d.Hit {
		f.mark(r, faultkind.Errors)
		return problem.New(d.Status, `error injected by fault "errors"`)
	}
	return nil
}

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

// decide takes the next decision of the fault of kind that acts on the request now, if there is one.
func (f *Switches) decide(kind string, c echo.Context) faultkind.Decision {
	if a := f.current.Load().find(kind, c.Path(), time.Now()); a != nil {
		return a.sequence.Next()
	}
	return faultkind.Decision{}
}

func (f *Switches) mark(r Request, kind string) {
	r.Injected(kind)
	f.injected.WithLabelValues(kind, r.Route()).Inc()
}

// stall holds the request for as long as a stall is on.
func (f *Switches) stall(c echo.Context, r Request) error {
	for held := false; ; held = true {
		set := f.current.Load()
		if set.find(faultkind.Stall, c.Path(), time.Now()) == nil {
			return nil
		}
		if !held {
			f.mark(r, faultkind.Stall)
		}
		err := r.Meter().Wait("fault", func() error {
			select {
			case <-set.changed:
				return nil
			case <-r.Done():
				return r.Err()
			}
		})
		if err != nil {
			return err
		}
	}
}

// reset has the kernel send RST instead of FIN. Where the connection is out of
// reach it is only dropped.
func reset(w http.ResponseWriter) {
	conn, _, err := http.NewResponseController(w).Hijack()
	if err != nil {
		return
	}
	if tcp, ok := conn.(interface{ SetLinger(seconds int) error }); ok {
		_ = tcp.SetLinger(0) // without it the connection is closed in the usual way
	}
	_ = conn.Close()
}
