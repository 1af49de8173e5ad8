package telemetry

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"time"

	"go.opentelemetry.io/otel/exporters/otlp/otlpmetric/otlpmetricgrpc"
	"go.opentelemetry.io/otel/exporters/otlp/otlpmetric/otlpmetrichttp"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracegrpc"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracehttp"
	"go.opentelemetry.io/otel/exporters/stdout/stdoutmetric"
	"go.opentelemetry.io/otel/exporters/stdout/stdouttrace"
	"go.opentelemetry.io/otel/sdk/metric"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"google.golang.org/grpc/credentials"
)

// Spans makes the exporter of spans that the environment names, or nil if it
// names none. The console exporter writes one JSON object a line to console.
func (e *Export) Spans(ctx context.Context, console io.Writer) (sdktrace.SpanExporter, error) {
	var exporter sdktrace.SpanExporter
	var err error
	switch e.tracesTo() {
	case exportNone:
		return nil, nil
	case exportConsole:
		exporter, err = stdouttrace.New(stdouttrace.WithWriter(console))
	default:
		c, _ := e.Collector(Traces) // checked by Validate
		exporter, err = c.spans(ctx)
	}
	if err != nil {
		return nil, fmt.Errorf("open trace exporter: %w", err)
	}
	return exporter, nil
}

func (c *Collector) spans(ctx context.Context) (sdktrace.SpanExporter, error) {
	if c.Protocol == grpcProtocol {
		options := []otlptracegrpc.Option{otlptracegrpc.WithEndpointURL(c.URL), otlptracegrpc.WithHeaders(c.Headers), otlptracegrpc.WithTimeout(c.Timeout)}
		if c.Gzip {
			options = append(options, otlptracegrpc.WithCompressor("gzip"))
		}
		if c.TLS != nil {
			options = append(options, otlptracegrpc.WithTLSCredentials(credentials.NewTLS(c.TLS)))
		}
		return otlptracegrpc.New(ctx, options...)
	}
	options := []otlptracehttp.Option{otlptracehttp.WithEndpointURL(c.URL), otlptracehttp.WithHeaders(c.Headers), otlptracehttp.WithTimeout(c.Timeout),
		otlptracehttp.WithEncoding(otlptracehttp.EncodingProtobuf), otlptracehttp.WithCompression(otlptracehttp.NoCompression)}
	if c.Gzip {
		options = append(options, otlptracehttp.WithCompression(otlptracehttp.GzipCompression))
	}
	if c.Protocol == jsonProtocol {
		options = append(options, otlptracehttp.WithEncoding(otlptracehttp.EncodingJSON))
	}
	if c.TLS != nil {
		options = append(options, otlptracehttp.WithTLSClientConfig(c.TLS))
	}
	return otlptracehttp.New(ctx, options...)
}

// readers make the exporters of metrics that the environment names, each with
// the reader that asks source at an interval.
func (e *Export) readers(ctx context.Context, console io.Writer, source metric.Producer) ([]metric.Reader, error) {
	var readers []metric.Reader
	periodic := func(exporter metric.Exporter, err error) error {
		if err != nil {
			return fmt.Errorf("open metric exporter: %w", err)
		}
		readers = append(readers, metric.NewPeriodicReader(exporter, metric.WithProducer(source),
			metric.WithInterval(milliseconds(e.MetricInterval, time.Minute)), metric.WithTimeout(milliseconds(e.MetricTimeout, 30*time.Second))))
		return nil
	}
	if e.exports(exportOTLP) {
		c, _ := e.Collector(Metrics) // checked by Validate
		if err := periodic(c.metrics(ctx)); err != nil {
			return nil, err
		}
	}
	if e.exports(exportConsole) {
		if err := periodic(stdoutmetric.New(stdoutmetric.WithWriter(console))); err != nil {
			return nil, err
		}
	}
	return readers, nil
}

func (c *Collector) metrics(ctx context.Context) (metric.Exporter, error) {
	if c.Protocol == grpcProtocol {
		options := []otlpmetricgrpc.Option{otlpmetricgrpc.WithEndpointURL(c.URL), otlpmetricgrpc.WithHeaders(c.Headers), otlpmetricgrpc.WithTimeout(c.Timeout)}
		if c.Gzip {
			options = append(options, otlpmetricgrpc.WithCompressor("gzip"))
		}
		if c.TLS != nil {
			options = append(options, otlpmetricgrpc.WithTLSCredentials(credentials.NewTLS(c.TLS)))
		}
		return otlpmetricgrpc.New(ctx, options...)
	}
	options := []otlpmetrichttp.Option{otlpmetrichttp.WithEndpointURL(c.URL), otlpmetrichttp.WithHeaders(c.Headers), otlpmetrichttp.WithTimeout(c.Timeout),
		otlpmetrichttp.WithCompression(otlpmetrichttp.NoCompression)}
	if c.Gzip {
		options = append(options, otlpmetrichttp.WithCompression(otlpmetrichttp.GzipCompression))
	}
	if c.TLS != nil {
		options = append(options, otlpmetrichttp.WithTLSClientConfig(c.TLS))
	}
	return otlpmetrichttp.New(ctx, options...)
}

// proxy is the host of the proxy between this program and the collector, or
// empty. Go's HTTP client and gRPC take it from HTTP_PROXY, HTTPS_PROXY and NO_PROXY.
func (c *Collector) proxy() string {
	to, err := url.Parse(c.URL)
	if err != nil {
		return ""
	}
	if c.Protocol == grpcProtocol {
		to.Scheme = "https" // gRPC asks for the proxy of an encrypted connection, whatever its own is
	}
	via, err := http.ProxyFromEnvironment(&http.Request{URL: to})
	if err != nil || via == nil {
		return ""
	}
	return via.Host
}
