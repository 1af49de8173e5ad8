package telemetry

import (
	"context"
	"io"
	"strings"

	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	semconv "go.opentelemetry.io/otel/semconv/v1.43.0"
	"go.opentelemetry.io/otel/trace"
)

// openTracer exports spans as configured. Where they are not exported
// identifiers are still made, for logs and replies, but nothing is sampled: an
// exemplar must never point to a trace that is not stored.
func (t *Telemetry) openTracer(ctx context.Context, cfg Config, console io.Writer) error {
	exporter, err := cfg.Spans(ctx, console)
	if err != nil {
		return err
	}
	options := append(cfg.SpanOptions(t.Identity), sdktrace.WithSampler(sdktrace.NeverSample()))
	if exporter != nil {
		processor := newSpanQueue(exporter, cfg.Export, t.Log)
		t.Registry.MustRegister(processor.counts)
		options = append(options, sdktrace.WithSampler(newSampler(cfg)), sdktrace.WithSpanProcessor(processor))
	}
	provider := sdktrace.NewTracerProvider(options...)
	t.Provider = provider
	t.Tracer = provider.Tracer("loadlab", trace.WithInstrumentationVersion(t.Identity.Version), trace.WithSchemaURL(semconv.SchemaURL))
	t.closers = append(t.closers, t.reported("the last spans were not exported", provider.Shutdown))
	return nil
}

// SpanOptions are the resource and the limits of the spans of the program of
// that identity, which is already Named.
func (e *Export) SpanOptions(id Identity) []sdktrace.TracerProviderOption {
	return []sdktrace.TracerProviderOption{sdktrace.WithResource(e.ResourceOf(id)), sdktrace.WithRawSpanLimits(e.ofSpans())}
}

// newSampler follows the OpenTelemetry specification's names (environment variable OTEL_TRACES_SAMPLER).
func newSampler(cfg Config) sdktrace.Sampler {
	name, parentBased := strings.CutPrefix(cfg.Sampler, "parentbased_")
	var root sdktrace.Sampler
	switch name {
	case "always_on":
		root = sdktrace.AlwaysSample()
	case "always_off":
		root = sdktrace.NeverSample()
	default:
		root = sdktrace.TraceIDRatioBased(cfg.SamplerArg)
	}
	if parentBased {
		return sdktrace.ParentBased(root)
	}
	return root
}
