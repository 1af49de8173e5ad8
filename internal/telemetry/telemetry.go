// Package telemetry equips one named service: logger, tracer, metric registry.
//
// Nothing here is global: two services in one process have two of everything,
// so that each appears under its own name.
package telemetry

import (
	"context"
	"errors"
	"io"

	"github.com/prometheus/client_golang/prometheus"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/trace"
	"go.uber.org/zap"
)

// Config is the configuration of a service's telemetry, read from the environment.
type Config struct {
	LogLevel   string  `env:"LOG_LEVEL" envDefault:"info" oneof:"debug|info|warn|error" help:"lowest level that is logged; can be changed at run time on the admin listener"`
	Sampler    string  `env:"OTEL_TRACES_SAMPLER" envDefault:"parentbased_traceidratio" oneof:"always_on|always_off|traceidratio|parentbased_always_on|parentbased_always_off|parentbased_traceidratio" help:"which traces are recorded"`
	SamplerArg float64 `env:"OTEL_TRACES_SAMPLER_ARG" envDefault:"0.01" min:"0" max:"1" help:"share of traces that the ratio samplers record"`
	Export
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

	plainFormats bool // whether Propagator reads traceparent, tracestate and baggage alone
	closers      []func(context.Context) error
}

// New builds the telemetry of id, writing log lines to logs. It opens no
// connection: a collector that cannot be reached costs dropped spans only.
func New(ctx context.Context, cfg Config, id Identity, logs io.Writer) (*Telemetry, error) {
	id = cfg.Named(id)
	propagator, err := newPropagator(cfg.Propagators)
	if err != nil {
		return nil, err
	}
	t := &Telemetry{Identity: id, Propagator: propagator, plainFormats: plain(cfg.Propagators), Registry: newRegistry(id)}
	if err := t.openLog(cfg, logs); err != nil {
		return nil, err
	}
	if err := t.openTracer(ctx, cfg, logs); err != nil {
		return nil, err
	}
	closeMetrics, err := cfg.OpenMetrics(ctx, id, t.Registry, logs)
	if err != nil {
		return nil, err
	}
	t.closers = append(t.closers, t.reported("the last metrics were not exported", closeMetrics))
	for _, warning := range cfg.Warnings(Traces, Metrics) {
		t.Log.Warn(warning)
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
