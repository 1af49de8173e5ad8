package telemetry

import (
	"context"
	"fmt"
	"strings"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracehttp"
	"go.opentelemetry.io/otel/sdk/resource"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	semconv "go.opentelemetry.io/otel/semconv/v1.43.0"
	"go.opentelemetry.io/otel/trace"
	"go.uber.org/zap"
)

// openTracer exports spans to the configured collector. Without a collector
// identifiers are still made, for logs and replies, but nothing is sampled: an
// exemplar must never point to a trace that is not stored.
func (t *Telemetry) openTracer(ctx context.Context, cfg Config) error {
	extra, err := cfg.attributes()
	if err != nil {
		return fmt.Errorf("read resource attributes: %w", err)
	}
	options := []sdktrace.TracerProviderOption{sdktrace.WithResource(resource.NewWithAttributes(
		semconv.SchemaURL, append(extra, t.Identity.attributes()...)...))}
	if cfg.Endpoint == "" {
		options = append(options, sdktrace.WithSampler(sdktrace.NeverSample()))
	} else {
		exporter, err := otlptracehttp.New(ctx,
			otlptracehttp.WithEndpointURL(string(cfg.Endpoint)+"/v1/traces"),
			otlptracehttp.WithCompression(otlptracehttp.GzipCompression),
			otlptracehttp.WithTimeout(exportTimeout))
		if err != nil {
			return fmt.Errorf("open trace exporter: %w", err)
		}
		processor := newSpanQueue(exporter, cfg.QueueSize, t.Log)
		t.Registry.MustRegister(processor.counts)
		options = append(options, sdktrace.WithSampler(newSampler(cfg)), sdktrace.WithSpanProcessor(processor))
	}
	provider := sdktrace.NewTracerProvider(options...)
	t.Provider = provider
	t.Tracer = provider.Tracer("loadlab", trace.WithInstrumentationVersion(t.Identity.Version))
	t.closers = append(t.closers, func(ctx context.Context) error {
		// A collector that is down is no failure of the service.
		if err := provider.Shutdown(ctx); err != nil {
			t.Log.Warn("the last spans were not exported", zap.Error(err))
		}
		return nil
	})
	return nil
}

func (id Identity) attributes() []attribute.KeyValue {
	return []attribute.KeyValue{
		semconv.ServiceName(id.Service),
		semconv.ServiceInstanceID(id.Instance),
		semconv.ServiceVersion(id.Version),
		semconv.ServiceNamespace("loadlab"),
		attribute.String("lab.job", id.Service), // what Prometheus calls it: Jaeger's tags have no service.name
		semconv.TelemetrySDKName("opentelemetry"),
		semconv.TelemetrySDKLanguageGo,
	}
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
