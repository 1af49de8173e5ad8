package telemetry

import (
	"cmp"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"math"
	"os"
	"time"

	"loadlab/internal/decimal"
	"loadlab/internal/env"
)

// OTLP says where the collector is and how it is reached. A variable of one
// signal outranks the general one.
type OTLP struct {
	Endpoint          env.BaseURL `env:"OTEL_EXPORTER_OTLP_ENDPOINT" help:"base URL of the collector, to which OTLP over HTTP adds /v1/traces and /v1/metrics; without one no span is exported"`
	Protocol          string      `env:"OTEL_EXPORTER_OTLP_PROTOCOL" help:"http/protobuf, http/json or grpc; http/protobuf by default"`
	Headers           string      `env:"OTEL_EXPORTER_OTLP_HEADERS" secret:"true" help:"header fields for the collector, as name=value pairs separated by commas and percent-encoded"`
	Timeout           string      `env:"OTEL_EXPORTER_OTLP_TIMEOUT" help:"time limit of one request to the collector, in ms; 10000 by default"`
	Compression       string      `env:"OTEL_EXPORTER_OTLP_COMPRESSION" help:"gzip or none; gzip by default"`
	Certificate       string      `env:"OTEL_EXPORTER_OTLP_CERTIFICATE" help:"PEM file with the certificates that the collector's is checked against; the system's by default"`
	ClientKey         string      `env:"OTEL_EXPORTER_OTLP_CLIENT_KEY" help:"PEM file with the key of the client's certificate"`
	ClientCertificate string      `env:"OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE" help:"PEM file with the client's certificate"`

	TracesEndpoint          fullURL `env:"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT" help:"URL for spans, used as it is written"`
	TracesProtocol          string  `env:"OTEL_EXPORTER_OTLP_TRACES_PROTOCOL" help:"OTEL_EXPORTER_OTLP_PROTOCOL for spans"`
	TracesHeaders           string  `env:"OTEL_EXPORTER_OTLP_TRACES_HEADERS" secret:"true" help:"OTEL_EXPORTER_OTLP_HEADERS for spans"`
	TracesTimeout           string  `env:"OTEL_EXPORTER_OTLP_TRACES_TIMEOUT" help:"OTEL_EXPORTER_OTLP_TIMEOUT for spans"`
	TracesCompression       string  `env:"OTEL_EXPORTER_OTLP_TRACES_COMPRESSION" help:"OTEL_EXPORTER_OTLP_COMPRESSION for spans"`
	TracesCertificate       string  `env:"OTEL_EXPORTER_OTLP_TRACES_CERTIFICATE" help:"OTEL_EXPORTER_OTLP_CERTIFICATE for spans"`
	TracesClientKey         string  `env:"OTEL_EXPORTER_OTLP_TRACES_CLIENT_KEY" help:"OTEL_EXPORTER_OTLP_CLIENT_KEY for spans"`
	TracesClientCertificate string  `env:"OTEL_EXPORTER_OTLP_TRACES_CLIENT_CERTIFICATE" help:"OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE for spans"`

	MetricsEndpoint          fullURL `env:"OTEL_EXPORTER_OTLP_METRICS_ENDPOINT" help:"URL for metrics, used as it is written"`
	MetricsProtocol          string  `env:"OTEL_EXPORTER_OTLP_METRICS_PROTOCOL" help:"OTEL_EXPORTER_OTLP_PROTOCOL for metrics"`
	MetricsHeaders           string  `env:"OTEL_EXPORTER_OTLP_METRICS_HEADERS" secret:"true" help:"OTEL_EXPORTER_OTLP_HEADERS for metrics"`
	MetricsTimeout           string  `env:"OTEL_EXPORTER_OTLP_METRICS_TIMEOUT" help:"OTEL_EXPORTER_OTLP_TIMEOUT for metrics"`
	MetricsCompression       string  `env:"OTEL_EXPORTER_OTLP_METRICS_COMPRESSION" help:"OTEL_EXPORTER_OTLP_COMPRESSION for metrics"`
	MetricsCertificate       string  `env:"OTEL_EXPORTER_OTLP_METRICS_CERTIFICATE" help:"OTEL_EXPORTER_OTLP_CERTIFICATE for metrics"`
	MetricsClientKey         string  `env:"OTEL_EXPORTER_OTLP_METRICS_CLIENT_KEY" help:"OTEL_EXPORTER_OTLP_CLIENT_KEY for metrics"`
	MetricsClientCertificate string  `env:"OTEL_EXPORTER_OTLP_METRICS_CLIENT_CERTIFICATE" help:"OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE for metrics"`
}

// Signal is a kind of telemetry as it is spelled in URLs.
type Signal string

// The signals that are exported.
const (
	Traces  Signal = "traces"
	Metrics Signal = "metrics"
)

// The protocols of the specification.
const (
	grpcProtocol     = "grpc"
	protobufProtocol = "http/protobuf"
	jsonProtocol     = "http/json"
)

// requestTimeout bounds one request to a collector.
const requestTimeout = 10 * time.Second

// Collector is where one signal is exported to.
type Collector struct {
	URL      string // with the signal's path; for gRPC scheme and host count
	Protocol string // as the specification spells it
	Headers  map[string]string
	Timeout  time.Duration // of one request
	Gzip     bool
	TLS      *tls.Config // nil where the system's certificates apply
}

// setting is one variable: the signal's own where it is set, otherwise the general one.
type setting struct{ name, value string }

// OTLPSettings returns the ends of the variables' names, behind
// OTEL_EXPORTER_OTLP_ and perhaps TRACES_ or METRICS_.
func OTLPSettings() []string {
	return []string{"ENDPOINT", "PROTOCOL", "HEADERS", "TIMEOUT", "COMPRESSION", "CERTIFICATE", "CLIENT_KEY", "CLIENT_CERTIFICATE"}
}

// settings are those of one signal.
type settings struct {
	endpoint, protocol, headers, timeout, compression, certificate, clientKey, clientCertificate setting
}

func (o *OTLP) settings(s Signal) settings {
	of := func(name, traces, metrics, general string) setting {
		own, prefix := traces, "OTEL_EXPORTER_OTLP_TRACES_"
		if s == Metrics {
			own, prefix = metrics, "OTEL_EXPORTER_OTLP_METRICS_"
		}
		if own == "" {
			return setting{"OTEL_EXPORTER_OTLP_" + name, general}
		}
		return setting{prefix + name, own}
	}
	return settings{
		endpoint:          of("ENDPOINT", string(o.TracesEndpoint), string(o.MetricsEndpoint), ""), // the general one is a base URL
		protocol:          of("PROTOCOL", o.TracesProtocol, o.MetricsProtocol, o.Protocol),
		headers:           of("HEADERS", o.TracesHeaders, o.MetricsHeaders, o.Headers),
		timeout:           of("TIMEOUT", o.TracesTimeout, o.MetricsTimeout, o.Timeout),
		compression:       of("COMPRESSION", o.TracesCompression, o.MetricsCompression, o.Compression),
		certificate:       of("CERTIFICATE", o.TracesCertificate, o.MetricsCertificate, o.Certificate),
		clientKey:         of("CLIENT_KEY", o.TracesClientKey, o.MetricsClientKey, o.ClientKey),
		clientCertificate: of("CLIENT_CERTIFICATE", o.TracesClientCertificate, o.MetricsClientCertificate, o.ClientCertificate),
	}
}

// Collector returns where the signal is exported to, with every setting that
// cannot be used. Without an endpoint it is the specification's default.
func (o *OTLP) Collector(s Signal) (Collector, []env.Problem) {
	set := o.settings(s)
	var problems []env.Problem
	refuse := func(of setting, reason string) {
		problems = append(problems, env.Problem{Variable: of.name, Value: of.value, Reason: reason})
	}
	c := Collector{Protocol: cmp.Or(set.protocol.value, protobufProtocol), Timeout: requestTimeout, Gzip: true}
	if err := only([]string{c.Protocol}, 1, protobufProtocol, jsonProtocol, grpcProtocol); err != nil {
		refuse(set.protocol, err.Error())
	}
	c.URL = cmp.Or(set.endpoint.value, o.address(s, c.Protocol))
	pairs, err := Pairs(set.headers.value)
	if err != nil {
		problems = append(problems, env.Problem{Variable: set.headers.name, Reason: "not a list of name=value pairs"}) // the values are secret
	}
	c.Headers = map[string]string{}
	for _, pair := range pairs {
		c.Headers[pair.Key] = pair.Value
	}
	if set.timeout.value != "" {
		ms, err := decimal.Int(set.timeout.value)
		if err != nil || ms < 1 || ms > math.MaxInt32 {
			refuse(set.timeout, "not a whole number of milliseconds from 1")
		}
		c.Timeout = time.Duration(ms) * time.Millisecond
	}
	if err := only([]string{cmp.Or(set.compression.value, "gzip")}, 1, "gzip", "none"); err != nil {
		refuse(set.compression, err.Error())
	}
	c.Gzip = set.compression.value != "none"
	var problem *env.Problem
	if c.TLS, problem = tlsConfig(set.certificate, set.clientKey, set.clientCertificate); problem != nil {
		problems = append(problems, *problem)
	}
	return c, problems
}

// address is the general endpoint with the signal's path, or the default.
func (o *OTLP) address(s Signal, protocol string) string {
	if protocol == grpcProtocol {
		return cmp.Or(string(o.Endpoint), "http://localhost:4317")
	}
	return cmp.Or(string(o.Endpoint), "http://localhost:4318") + "/v1/" + string(s)
}

// tlsConfig reads the files of certificates. It is nil if none is named.
func tlsConfig(authority, key, certificate setting) (*tls.Config, *env.Problem) {
	if authority.value == "" && key.value == "" && certificate.value == "" {
		return nil, nil
	}
	config := &tls.Config{MinVersion: tls.VersionTLS12}
	if authority.value != "" {
		pem, err := os.ReadFile(authority.value)
		pool := x509.NewCertPool()
		if err == nil && !pool.AppendCertsFromPEM(pem) {
			err = errors.New("no certificate in PEM form is in it")
		}
		if err != nil {
			return nil, &env.Problem{Variable: authority.name, Value: authority.value, Reason: err.Error()}
		}
		config.RootCAs = pool
	}
	if key.value != "" || certificate.value != "" {
		pair, err := tls.LoadX509KeyPair(certificate.value, key.value)
		if err != nil {
			return nil, &env.Problem{Variable: certificate.name, Value: certificate.value, Reason: fmt.Sprintf("cannot be used with the key of %s: %v", key.name, err)}
		}
		config.Certificates = []tls.Certificate{pair}
	}
	return config, nil
}

// fullURL is a URL that is used as it is written.
type fullURL string

// UnmarshalText accepts what a base URL may be, and keeps a slash at the end.
func (u *fullURL) UnmarshalText(text []byte) error {
	if _, err := env.ParseBaseURL(string(text)); err != nil {
		return err
	}
	*u = fullURL(text)
	return nil
}
