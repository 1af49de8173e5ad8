// Package spans exports a client span for each request whose trace is sampled.
package spans

import (
	"context"
	"fmt"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracehttp"
	"go.opentelemetry.io/otel/sdk/resource"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	semconv "go.opentelemetry.io/otel/semconv/v1.43.0"
	"go.opentelemetry.io/otel/trace"

	"loadlab/internal/env"
	"loadlab/loadgen"
	"loadlab/loadgen/record"
)

// Exporter sends spans by OTLP over HTTP. A nil Exporter sends none.
type Exporter struct {
	provider *sdktrace.TracerProvider
	tracer   trace.Tracer
}

// exportTimeout bounds one export, and the last one at the end.
const exportTimeout = 5 * time.Second

// Open prepares to send to the collector at the base URL endpoint, under the
// name service. It returns nil if endpoint is empty. A collector that cannot be
// reached costs lost spans only.
func Open(ctx context.Context, endpoint env.BaseURL, service string) (*Exporter, error) {
	if endpoint == "" {
		return nil, nil
	}
	out, err := otlptracehttp.New(context.WithoutCancel(ctx),
		otlptracehttp.WithEndpointURL(string(endpoint)+"/v1/traces"),
		otlptracehttp.WithTimeout(exportTimeout))
	if err != nil {
		return nil, fmt.Errorf("open trace exporter: %w", err)
	}
	provider := sdktrace.NewTracerProvider(
		sdktrace.WithBatcher(out, sdktrace.WithBatchTimeout(time.Second)),
		sdktrace.WithIDGenerator(givenIDs{}),
		sdktrace.WithSampler(sdktrace.AlwaysSample()),
		sdktrace.WithResource(resource.NewWithAttributes(semconv.SchemaURL,
			semconv.ServiceName(service), semconv.ServiceNamespace("loadlab"), semconv.TelemetrySDKLanguageGo,
			attribute.String("lab.job", service))),
	)
	return &Exporter{provider: provider, tracer: provider.Tracer("loadlab/loadgen")}, nil
}

// Export makes the span of a request that has ended.
func (e *Exporter) Export(s loadgen.Sample) {
	ctx := context.WithValue(context.Background(), idKey{}, ids{s.TraceID, s.SpanID})
	_, span := e.tracer.Start(ctx, s.Target, trace.WithSpanKind(trace.SpanKindClient), trace.WithTimestamp(s.Start), trace.WithAttributes(
		attribute.String("http.request.method", s.Method),
		attribute.String("url.full", s.URL),
		attribute.Float64("loadgen.lag_seconds", s.Lag.Seconds()),
		attribute.Float64("loadgen.blocked_seconds", s.Blocked.Seconds()),
		attribute.Float64("loadgen.response_seconds", s.Response.Seconds()),
	))
	if s.Status > 0 {
		span.SetAttributes(attribute.Int("http.response.status_code", s.Status))
	}
	if s.Outcome != record.OK {
		span.SetAttributes(attribute.String("error.type", s.Outcome.String()))
		span.SetStatus(codes.Error, s.Outcome.String())
	}
	span.End(trace.WithTimestamp(s.End))
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
