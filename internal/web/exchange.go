package web

import (
	"context"
	"sync/atomic"
	"time"

	"github.com/labstack/echo/v4"
	"go.opentelemetry.io/otel/trace"

	"loadlab/internal/transfer"
	"loadlab/internal/web/semantics"
	"loadlab/internal/workmeter"
)

// exchange is what the middleware knows of one request. It is the request's
// context too, which saves a layer for each thing that is looked up in it.
type exchange struct {
	budget
	endpoint *endpoint
	meter    workmeter.Meter
	span     trace.Span
	traceID  string
	id       string          // of the request, if its client gave one
	client   context.Context // done when the client goes away
	nested   workmeter.Split
	// conditional is between Echo and net/http if the request has preconditions; else nil.
	conditional *semantics.Conditional
	outside     time.Duration   // of a nested call: neither this service's time nor the callee's
	reported    workmeter.Split // what the reply says; zero until it is asked for
	headers     [3]string       // the values of the reply's headers, which need no memory of their own then
	sending     transfer.Writer
	entered     []*atomic.Int64  // limits that count the request
	faults      []string         // kinds of injected faults that acted on the request
	limits      [2]*atomic.Int64 // the memory of entered: a service has one limit, the gateway's group another
}

type exchangeKey struct{}

// Value finds the exchange itself, and whatever else the context carries.
func (e *exchange) Value(key any) any {
	if key == (exchangeKey{}) {
		return e
	}
	return e.budget.Value(key)
}

func exchangeOf(c echo.Context) *exchange {
	e, _ := c.Request().Context().Value(exchangeKey{}).(*exchange)
	return e
}

// report returns the split that body and header of the reply agree on: the
// clocks are read once, as the first of the two is written.
func (e *exchange) report() workmeter.Split {
	if e.reported.Wall == 0 {
		e.reported = e.meter.Read()
	}
	return e.reported
}

// Meter returns the meter of the request.
func Meter(c echo.Context) *workmeter.Meter { return &exchangeOf(c).meter }

// Meter, Route, Injected and Delayed implement fault.Request.

// Meter returns the meter of the request.
func (e *exchange) Meter() *workmeter.Meter { return &e.meter }

// Route is the label of the request's metrics.
func (e *exchange) Route() string { return e.endpoint.route }

// Injected marks the request: a fault of this kind acted on it.
func (e *exchange) Injected(kind string) { e.faults = append(e.faults, kind) }

// Delayed says that the service itself has delayed the reply for d, so that its
// client is not taken for a slow reader.
func (e *exchange) Delayed(d time.Duration) { e.sending.Delay(d) }

// A Call is a call to another service, as its caller saw it.
type Call struct {
	Split workmeter.Split // of the callee, as its reply says; zero if it says nothing
	Took  time.Duration
	Own   time.Duration // the part of Took that is the caller's own delay: for a connection, or before its goroutine ran
}

// Nest records that a wait of the request that ctx belongs to was the given call.
// Its own delay is queue. Server-Timing then tells the caller where the time
// went inside the callee; the metrics of this service keep calling that a wait.
// Time that neither service accounts for, which the network took, is in no part
// of Server-Timing. A callee that reports no time is a plain wait.
func Nest(ctx context.Context, call Call) {
	e, ok := ctx.Value(exchangeKey{}).(*exchange)
	if !ok {
		return
	}
	e.meter.NotWaited(call.Own)
	if reported := call.Split.CPU + call.Split.Wait + call.Split.Queue; reported > 0 {
		e.nested, e.outside = call.Split, max(0, call.Took-call.Own-reported)
	}
}

// CountShed counts the request as refused for reason, one of a fixed set.
func CountShed(c echo.Context, reason string) { exchangeOf(c).endpoint.shed(reason) }

// total moves what a nested split explains from wait to its parts, and drops
// the unaccounted remainder. The caller's clock of the call may read a little more
// than the wait that the meter saw of it: no more than that wait is given away.
func (e *exchange) total(split workmeter.Split) workmeter.Split {
	left := split.Wait - e.nested.CPU - e.nested.Queue
	if left < 0 {
		return split
	}
	split.CPU += e.nested.CPU
	split.Queue += e.nested.Queue
	split.Entry += e.nested.Entry
	split.Wait = max(0, left-e.outside)
	return split
}
