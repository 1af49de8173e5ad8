package telemetry

import (
	"context"
	"crypto/tls"
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
		return otlptracegrpc.New(ctx, options(c, otlptracegrpc.WithEndpointURL, otlptracegrpc.WithHeaders, otlptracegrpc.WithTimeout,
			func() otlptracegrpc.Option { return otlptracegrpc.WithCompressor("gzip") },
			func(config *tls.Config) otlptracegrpc.Option {
				return otlptracegrpc.WithTLSCredentials(credentials.NewTLS(config))
			})...)
	}
	encoding := otlptracehttp.EncodingProtobuf
	if c.Protocol == jsonProtocol {
		encoding = otlptracehttp.EncodingJSON
	}
	return otlptracehttp.New(ctx, append(options(c, otlptracehttp.WithEndpointURL, otlptracehttp.WithHeaders, otlptracehttp.WithTimeout,
		func() otlptracehttp.Option { return otlptracehttp.WithCompression(otlptracehttp.GzipCompression) },
		otlptracehttp.WithTLSClientConfig), otlptracehttp.WithEncoding(encoding))...)
}

func (c *Collector) metrics(ctx context.Context) (metric.Exporter, error) {
	if c.Protocol == grpcProtocol {
		return otlpmetricgrpc.New(ctx, options(c, otlpmetricgrpc.WithEndpointURL, otlpmetricgrpc.WithHeaders, otlpmetricgrpc.WithTimeout,
			func() otlpmetricgrpc.Option { return otlpmetricgrpc.WithCompressor("gzip") },
			func(config *tls.Config) otlpmetricgrpc.Option {
				return otlpmetricgrpc.WithTLSCredentials(credentials.NewTLS(config))
			})...)
	}
	return otlpmetrichttp.New(ctx, options(c, otlpmetrichttp.WithEndpointURL, otlpmetrichttp.WithHeaders, otlpmetrichttp.WithTimeout,
		func() otlpmetrichttp.Option { return otlpmetrichttp.WithCompression(otlpmetrichttp.GzipCompression) },
		otlpmetrichttp.WithTLSClientConfig)...)
}

// options are the settings of c as the options of one exporter. The packages of
// the exporters have the same functions, each with a type of its own.
func options[Option any](c *Collector, url func(string) Option, headers func(map[string]string) Option, timeout func(time.Duration) Option,
	compressed func() Option, encrypted func(*tls.Config) Option,
) []Option {
	all := []Option{url(c.URL), headers(c.Headers), timeout(c.Timeout)}
	if c.Gzip {
		all = append(all, compressed())
	}
	if c.TLS != nil {
		all = append(all, encrypted(c.TLS))
	}
	return all
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
