package web

import (
	"context"
	"errors"
	"net/http"
	"strconv"
	"time"

	"github.com/labstack/echo/v4"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	semconv "go.opentelemetry.io/otel/semconv/v1.43.0"
	"go.opentelemetry.io/otel/trace"
	"go.uber.org/zap"

	"loadlab/internal/arrival"
	"loadlab/internal/telemetry"
	"loadlab/internal/web/fault"
	"loadlab/internal/web/problem"
	"loadlab/internal/web/semantics"
	"loadlab/internal/workmeter"
)

// observe meters, traces, counts and logs each request.
//
// Echo writes the reply to an error only after the middleware has returned, so
// the error is turned into its reply here: else failures would count as 200.
func (s *Server) observe(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		e, err := s.begin(c)
		if err == nil {
			err = safely(next, c)
		}
		status := c.Response().Status
		switch {
		case errors.Is(err, fault.ErrCut):
			status = cutStatus(c, e)
		case err != nil:
			status = s.reply(c, e, err)
		case e.conditional != nil && e.conditional.Status() != 0:
			status = e.conditional.Status()
		}
		s.end(c, e, status, err)
		if errors.Is(err, http.ErrAbortHandler) {
			panic(http.ErrAbortHandler) // net/http's own way to end a connection
		}
		return nil
	}
}

var serverSpan = trace.WithSpanKind(trace.SpanKindServer)

// begin returns an error if the request is one that no handler is to see.
func (s *Server) begin(c echo.Context) (*exchange, error) {
	r := c.Request()
	ctx := r.Context()
	e := &exchange{endpoint: s.metrics.endpoint(r.Method, c.Path()), client: ctx}
	e.meter.Start(arrival.Received(ctx))
	e.endpoint.active.Inc()

	ctx = s.tel.Extract(ctx, r.Header)
	ctx, e.span = s.tel.Tracer.Start(ctx, e.endpoint.spanName, serverSpan, trace.WithTimestamp(e.meter.Began()))
	e.traceID = e.span.SpanContext().TraceID().String()
	if e.id = r.Header.Get(echo.HeaderXRequestID); !isRequestID(e.id) {
		e.id = ""
	}
	if e.span.IsRecording() {
		e.span.SetAttributes(requestAttributes(r, e)...)
		e.meter.Observe(func(what string, waited time.Duration) {
			e.span.AddEvent("wait", trace.WithAttributes(
				attribute.String("lab.waited_for", what), attribute.Float64("lab.wait_seconds", waited.Seconds())))
		})
	}
	semantics.ExplainBody(r)
	semantics.CloseAfterChunked(c.Response().Header(), r)
	e.sending = s.replies.Send(c.Response().Writer)
	c.Response().Writer = &e.sending
	if semantics.IsConditional(r) {
		e.conditional = semantics.NewConditional(c.Response().Writer, r)
		c.Response().Writer = e.conditional
	}
	budget, refused := s.limiter.budget(r)
	if !semantics.Known(r.Method) {
		refused = semantics.Unknown()
	}
	e.begin(ctx, budget)
	e.entered = e.limits[:0]
	c.SetRequest(r.WithContext(e))
	c.Response().Before(func() { s.writeHeaders(c.Response().Header(), e) })
	return e, refused
}

// writeHeaders runs as the reply begins, so that it reports the split up to then.
func (s *Server) writeHeaders(header http.Header, e *exchange) {
	e.leaveLimits()
	span := e.span.SpanContext()
	e.headers = [...]string{
		serverTiming(e.total(e.report())),
		"00-" + e.traceID + "-" + span.SpanID().String() + "-" + span.TraceFlags().String(),
		e.id,
	}
	// Each has the capacity of its one value, so that nothing is appended into the next.
	header["Server-Timing"] = e.headers[0:1:1]
	header["Traceresponse"] = e.headers[1:2:2]
	if e.id != "" {
		header["X-Request-Id"] = e.headers[2:3:3]
	}
	if s.isClosing() {
		header["Connection"] = []string{"close"}
	}
}

// reply answers err and returns the status to count.
func (s *Server) reply(c echo.Context, e *exchange, err error) int {
	p := toProblem(e.client, err)
	p.TraceID = e.traceID
	if c.Response().Committed && p.Status != problem.StatusClientClosed {
		s.log.Warn("the handler failed after its reply had begun", append(telemetry.TraceFields(e.span.SpanContext()), zap.Error(err))...)
		return c.Response().Status
	}
	if writeErr := writeProblem(c, p); writeErr != nil {
		return problem.StatusClientClosed
	}
	return p.Status
}

// cutStatus is the status to count of a request whose connection a fault has
// ended: that of the reply if it has begun, else a failure of the service.
func cutStatus(c echo.Context, e *exchange) int {
	switch {
	case errors.Is(e.client.Err(), context.Canceled):
		return problem.StatusClientClosed
	case c.Response().Committed:
		return c.Response().Status
	}
	return http.StatusInternalServerError
}

func (s *Server) end(c echo.Context, e *exchange, status int, err error) {
	e.end()
	e.leaveLimits()
	if e.sending.Done() {
		e.endpoint.shed("slow_reader")
	}
	split := e.meter.Stop()
	span := e.span.SpanContext()
	e.endpoint.finish(status, split.Wall, split, span)
	if e.span.IsRecording() {
		if len(e.faults) > 0 {
			e.span.SetAttributes(attribute.StringSlice("lab.faults", e.faults))
		}
		endSpan(e.span, status, err, split)
	}
	e.span.End()
	s.logAccess(c, e, status, err, split)
}

func endSpan(span trace.Span, status int, err error, split workmeter.Split) {
	parts := []attribute.KeyValue{
		attribute.Float64("lab.cpu_seconds", split.CPU.Seconds()),
		attribute.Float64("lab.wait_seconds", split.Wait.Seconds()),
		attribute.Float64("lab.queue_seconds", split.Queue.Seconds()),
	}
	if split.EntryKnown {
		parts = append(parts, attribute.Float64("lab.entry_seconds", split.Entry.Seconds()))
	}
	span.SetAttributes(semconv.HTTPResponseStatusCode(status))
	span.SetAttributes(parts...)
	span.AddEvent("split", trace.WithAttributes(parts...))
	// The conventions leave a server span's status unset for 4xx: the client erred.
	// The status code says what a description would say.
	if status >= http.StatusInternalServerError {
		span.SetAttributes(semconv.ErrorTypeKey.String(strconv.Itoa(status)))
		span.SetStatus(codes.Error, "")
		if err != nil {
			span.RecordError(err)
		}
	}
}

// isRequestID accepts what is safe to repeat in a header and a log line.
func isRequestID(id string) bool {
	if id == "" || len(id) > 64 {
		return false
	}
	for _, c := range []byte(id) {
		if (c < '0' || c > '9') && (c < 'A' || c > 'Z') && (c < 'a' || c > 'z') && c != '-' && c != '_' && c != '.' {
			return false
		}
	}
	return true
}
