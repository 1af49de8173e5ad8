package web

import (
	"context"
	"errors"
	"net/http"
	"time"

	"github.com/labstack/echo/v4"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/propagation"
	semconv "go.opentelemetry.io/otel/semconv/v1.43.0"
	"go.opentelemetry.io/otel/trace"
	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"

	"loadlab/internal/arrival"
	"loadlab/internal/telemetry"
	"loadlab/internal/workmeter"
)

// exchange is what the middleware knows of one request. It is the request's
// context too, which saves a layer for each thing that is looked up in it.
type exchange struct {
	*budget
	endpoint *endpoint
	meter    *workmeter.Meter
	span     trace.Span
	traceID  string
	id       string          // of the request, if its client gave one
	client   context.Context // done when the client goes away
	nested   workmeter.Split
	outside  time.Duration   // of a nested call: neither this service's time nor the callee's
	reported workmeter.Split // what the reply says; zero until it is asked for
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
func Meter(c echo.Context) *workmeter.Meter { return exchangeOf(c).meter }

// A Call is a call to another service, as its caller saw it.
type Call struct {
	Split workmeter.Split // of the callee, as its reply says; zero if it says nothing
	Took  time.Duration
	Own   time.Duration // the part of Took that is the caller's own delay: for a connection, or before its goroutine ran
}

// Nest says that a wait of the request that ctx belongs to was the given call.
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
	if told := call.Split.CPU + call.Split.Wait + call.Split.Queue; told > 0 {
		e.nested, e.outside = call.Split, max(0, call.Took-call.Own-told)
	}
}

// CountShed counts the request as refused for reason, one of a fixed set.
func CountShed(c echo.Context, reason string) { exchangeOf(c).endpoint.shed(reason) }

// observe meters, traces, counts and logs each request.
//
// Echo writes the reply to an error only after the middleware has returned, so
// the error is turned into its reply here: else failures would count as 200.
func (s *Server) observe(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		e := s.begin(c)
		err := safely(next, c)
		status := c.Response().Status
		if err != nil {
			status = s.reply(c, e, err)
		}
		s.end(c, e, status, err)
		if errors.Is(err, http.ErrAbortHandler) {
			panic(http.ErrAbortHandler) // net/http's own way to end a connection
		}
		return nil
	}
}

func (s *Server) begin(c echo.Context) *exchange {
	e := &exchange{endpoint: s.metrics.endpoint(c.Request().Method, c.Path()), meter: workmeter.StartReceived(arrival.Received(c.Request().Context()))}
	e.endpoint.active.Inc()

	r := c.Request()
	ctx := r.Context()
	e.client = ctx
	if r.Header.Get("Traceparent") != "" {
		ctx = s.tel.Propagator.Extract(ctx, propagation.HeaderCarrier(r.Header))
	}
	ctx, e.span = s.tel.Tracer.Start(ctx, e.endpoint.spanName, trace.WithSpanKind(trace.SpanKindServer), trace.WithTimestamp(e.meter.Began()))
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
	e.budget = newBudget(ctx, s.limiter.budget(r))
	c.SetRequest(r.WithContext(e))
	c.Response().Before(func() { s.writeHeaders(c.Response().Header(), e) })
	return e
}

// writeHeaders runs as the reply begins, so that it tells the split up to then.
func (s *Server) writeHeaders(header http.Header, e *exchange) {
	span := e.span.SpanContext()
	header["Server-Timing"] = []string{serverTiming(e.total(e.report()))}
	header["Traceresponse"] = []string{"00-" + e.traceID + "-" + span.SpanID().String() + "-" + span.TraceFlags().String()}
	if e.id != "" {
		header["X-Request-Id"] = []string{e.id}
	}
	if s.isClosing() {
		header["Connection"] = []string{"close"}
	}
}

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

// reply answers err and returns the status to count.
func (s *Server) reply(c echo.Context, e *exchange, err error) int {
	problem := toProblem(e.client, err)
	problem.TraceID = e.traceID
	if c.Response().Committed && problem.Status != StatusClientClosed {
		s.log.Warn("the handler failed after its reply had begun", append(telemetry.TraceFields(e.span.SpanContext()), zap.Error(err))...)
		return c.Response().Status
	}
	if writeErr := writeProblem(c, problem); writeErr != nil {
		return StatusClientClosed
	}
	return problem.Status
}

func (s *Server) end(c echo.Context, e *exchange, status int, err error) {
	e.end()
	split := e.meter.Stop()
	span := e.span.SpanContext()
	e.endpoint.finish(status, split.Wall, split, span)
	if e.span.IsRecording() {
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
	if status >= http.StatusInternalServerError {
		span.SetStatus(codes.Error, http.StatusText(status))
		if err != nil {
			span.RecordError(err)
		}
	}
}

func requestAttributes(r *http.Request, e *exchange) []attribute.KeyValue {
	attrs := []attribute.KeyValue{
		semconv.HTTPRequestMethodKey.String(e.endpoint.method),
		semconv.URLPath(r.URL.Path),
		semconv.URLScheme("http"),
		semconv.ServerAddress(r.Host),
		semconv.NetworkProtocolVersion(r.Proto[len("HTTP/"):]),
		semconv.UserAgentOriginal(r.UserAgent()),
		semconv.ClientAddress(r.RemoteAddr),
	}
	if r.URL.RawQuery != "" {
		attrs = append(attrs, semconv.URLQuery(r.URL.RawQuery))
	}
	if e.endpoint.route != unmatched {
		attrs = append(attrs, semconv.HTTPRoute(e.endpoint.route))
	}
	return attrs
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

func (s *Server) logAccess(c echo.Context, e *exchange, status int, err error, split workmeter.Split) {
	level := zapcore.InfoLevel
	if status >= http.StatusInternalServerError {
		level = zapcore.ErrorLevel
	}
	entry := s.log.Check(level, "request")
	if entry == nil {
		return
	}
	span := e.span.SpanContext()
	fields := make([]zap.Field, 0, 16)
	fields = append(fields,
		zap.String("method", c.Request().Method), zap.String("route", e.endpoint.route), zap.String("path", c.Request().URL.Path),
		zap.Int("status", status), zap.Int64("bytes", c.Response().Size),
		zap.Int64("wall_us", split.Wall.Microseconds()), zap.Int64("cpu_us", split.CPU.Microseconds()),
		zap.Int64("wait_us", split.Wait.Microseconds()), zap.Int64("queue_us", split.Queue.Microseconds()),
		zap.Int64("entry_us", split.Entry.Microseconds()),
		zap.String("trace_id", e.traceID), zap.String("span_id", span.SpanID().String()))
	if e.id != "" {
		fields = append(fields, zap.String("request_id", e.id))
	}
	if err != nil && status != StatusClientClosed {
		fields = append(fields, zap.Error(err))
	}
	var panicked *panicError
	if errors.As(err, &panicked) {
		fields = append(fields, zap.ByteString("stack", panicked.stack))
	}
	entry.Write(fields...)
}
