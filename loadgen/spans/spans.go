// Package spans exports a client span for each request whose trace is sampled.
package spans

import (
	"context"
	"io"
	"net/url"
	"strconv"
	"strings"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	semconv "go.opentelemetry.io/otel/semconv/v1.43.0"
	"go.opentelemetry.io/otel/trace"

	"loadlab/internal/decimal"
	"loadlab/internal/telemetry"
	"loadlab/loadgen"
	"loadlab/loadgen/record"
)

// Exporter sends spans. A nil Exporter sends none.
type Exporter struct {
	provider *sdktrace.TracerProvider
	tracer   trace.Tracer
}

// exportTimeout bounds the last export, at the end.
const exportTimeout = 5 * time.Second

// Open makes the exporter that the environment names, under the identity, which
// is already Named. It returns nil if spans are not exported. A collector that
// cannot be reached costs lost spans only.
func Open(ctx context.Context, to *telemetry.Export, id telemetry.Identity, console io.Writer) (*Exporter, error) {
	out, err := to.Spans(context.WithoutCancel(ctx), console)
	if out == nil || err != nil {
		return nil, err
	}
	provider := sdktrace.NewTracerProvider(append(to.SpanOptions(id),
		sdktrace.WithBatcher(out, to.BatchOptions()...),
		sdktrace.WithIDGenerator(givenIDs{}),
		sdktrace.WithSampler(sdktrace.AlwaysSample()))...)
	return &Exporter{provider: provider, tracer: provider.Tracer("loadlab/loadgen", trace.WithInstrumentationVersion(id.Version), trace.WithSchemaURL(semconv.SchemaURL))}, nil
}

// Export makes the span of a request that has ended.
func (e *Exporter) Export(s loadgen.Sample) {
	ctx := context.WithValue(context.Background(), idKey{}, ids{s.TraceID, s.SpanID})
	_, span := e.tracer.Start(ctx, name(s), trace.WithSpanKind(trace.SpanKindClient), trace.WithTimestamp(s.Start), trace.WithAttributes(requested(s)...))
	if s.Status > 0 {
		span.SetAttributes(semconv.HTTPResponseStatusCode(s.Status))
	}
	if s.Outcome != record.OK {
		class := s.Outcome.String()
		description := class
		if s.Outcome == record.HTTPError {
			class, description = strconv.Itoa(s.Status), "" // the status code says what a description would say
		}
		span.SetAttributes(semconv.ErrorTypeKey.String(class))
		span.SetStatus(codes.Error, description)
	}
	span.End(trace.WithTimestamp(s.End))
}

// name is the method and the template of the path, which a target has unless
// its scenario calls it something else.
func name(s loadgen.Sample) string {
	if strings.HasPrefix(s.Target, s.Method+" ") {
		return s.Target
	}
	return s.Method
}

// requested are the attributes of the semantic conventions for a client's span
// that are known before the request is sent, and the generator's own times.
func requested(s loadgen.Sample) []attribute.KeyValue {
	attrs := []attribute.KeyValue{
		semconv.HTTPRequestMethodKey.String(s.Method),
		semconv.URLFull(s.URL),
		attribute.String("loadgen.target", s.Target),
		attribute.Float64("loadgen.lag_seconds", s.Lag.Seconds()),
		attribute.Float64("loadgen.blocked_seconds", s.Blocked.Seconds()),
		attribute.Float64("loadgen.response_seconds", s.Response.Seconds()),
	}
	if template, is := strings.CutPrefix(name(s), s.Method+" "); is {
		attrs = append(attrs, semconv.URLTemplate(template))
	}
	if u, err := url.Parse(s.URL); err == nil {
		port, err := decimal.Int(u.Port())
		switch {
		case err == nil:
		case u.Scheme == "https":
			port = 443
		default:
			port = 80
		}
		attrs = append(attrs, semconv.ServerAddress(u.Hostname()), semconv.ServerPort(int(port)))
	}
	return attrs
}

// Close sends what is left, for a few seconds at most.
func (e *Exporter) Close() {
	if e == nil {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), exportTimeout)
	defer cancel()
	_ = e.provider.Shutdown(ctx) // a collector that is down is no failure of the run
}

// givenIDs takes the ids that the request carried.
type givenIDs struct{}

type idKey struct{}

type ids struct {
	trace [16]byte
	span  [8]byte
}

// NewIDs implements sdktrace.IDGenerator.
func (givenIDs) NewIDs(ctx context.Context) (trace.TraceID, trace.SpanID) {
	given, _ := ctx.Value(idKey{}).(ids)
	return given.trace, given.span
}

// NewSpanID implements sdktrace.IDGenerator; spans here have no children.
func (givenIDs) NewSpanID(ctx context.Context, _ trace.TraceID) trace.SpanID {
	given, _ := ctx.Value(idKey{}).(ids)
	return given.span
}
