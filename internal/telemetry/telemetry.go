// Package telemetry equips one named service: logger, tracer, metric registry.
//
// Nothing here is global: two services in one process have two of everything,
// so that each appears under its own name.
package telemetry

import (
	"context"
	"errors"
	"io"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/trace"
	"go.uber.org/zap"

	"loadlab/internal/env"
)

// Config is the configuration of a service's telemetry, read from the environment.
type Config struct {
	LogLevel    string      `env:"LOG_LEVEL" envDefault:"info" oneof:"debug|info|warn|error" help:"lowest level that is logged; can be changed at run time on the admin listener"`
	ServiceName string      `env:"OTEL_SERVICE_NAME" help:"name of the service in traces and replies, instead of its own"`
	Endpoint    env.BaseURL `env:"OTEL_EXPORTER_OTLP_ENDPOINT" help:"base URL of the OTLP/HTTP collector; without one no trace is recorded"`
	Sampler     string      `env:"OTEL_TRACES_SAMPLER" envDefault:"parentbased_traceidratio" oneof:"always_on|always_off|traceidratio|parentbased_always_on|parentbased_always_off|parentbased_traceidratio" help:"which traces are recorded"`
	SamplerArg  float64     `env:"OTEL_TRACES_SAMPLER_ARG" envDefault:"0.01" min:"0" max:"1" help:"share of traces that the ratio samplers record"`
	Resource    string      `env:"OTEL_RESOURCE_ATTRIBUTES" help:"further resource attributes, as key=value pairs separated by commas"`
	QueueSize   int         `env:"OTEL_BSP_MAX_QUEUE_SIZE" envDefault:"2048" min:"1" max:"65536" unit:"spans" help:"ended spans held for export; further ones are dropped and counted"`
}

// Validate checks what the tags cannot: the list of attributes.
func (c *Config) Validate() []env.Problem {
	var problems []env.Problem
	if _, err := c.attributes(); err != nil {
		problems = append(problems, env.Problem{Variable: "OTEL_RESOURCE_ATTRIBUTES", Value: c.Resource, Reason: err.Error()})
	}
	return problems
}

// Identity names the process that the telemetry is about.
type Identity struct {
	Service  string // name, unless the configuration has another
	Instance string // distinguishes replicas of one service
	Version  string // of the program
}

// Telemetry is the logger, the tracer and the metrics of one service.
type Telemetry struct {
	Identity   Identity
	Log        *zap.Logger
	Level      zap.AtomicLevel
	Tracer     trace.Tracer
	Provider   trace.TracerProvider // of Tracer, for libraries that name their own
	Propagator propagation.TextMapPropagator
	Registry   *prometheus.Registry

	closers []func(context.Context) error
}

// New builds the telemetry of id, writing log lines to logs. It opens no
// connection: a collector that cannot be reached costs dropped spans only.
func New(ctx context.Context, cfg Config, id Identity, logs io.Writer) (*Telemetry, error) {
	if cfg.ServiceName != "" {
		id.Service = cfg.ServiceName
	}
	t := &Telemetry{
		Identity:   id,
		Propagator: propagation.NewCompositeTextMapPropagator(propagation.TraceContext{}, propagation.Baggage{}),
		Registry:   newRegistry(id),
	}
	if err := t.openLog(cfg, logs); err != nil {
		return nil, err
	}
	if err := t.openTracer(ctx, cfg); err != nil {
		return nil, err
	}
	return t, nil
}

// Shutdown exports what is queued and flushes the log, last of all. What ctx
// leaves no time for is dropped.
func (t *Telemetry) Shutdown(ctx context.Context) error {
	var errs []error
	for i := len(t.closers) - 1; i >= 0; i-- {
		errs = append(errs, t.closers[i](ctx))
	}
	t.closers = nil
	return errors.Join(errs...)
}

// exportTimeout bounds one export, retries included, so that a dead collector
// cannot hold the queue for longer.
const exportTimeout = 10 * time.Second
