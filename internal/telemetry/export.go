package telemetry

import (
	"cmp"
	"errors"
	"slices"
	"strings"

	"loadlab/internal/env"
)

// Export is the part of the OpenTelemetry specification's environment that every
// program reads: what is exported, where, under which names and limits.
type Export struct {
	Disabled    truth  `env:"OTEL_SDK_DISABLED" help:"true stops the export of spans and metrics; /metrics and the propagation of traces stay"`
	ServiceName string `env:"OTEL_SERVICE_NAME" help:"name of the program in traces, metrics and replies, instead of its own"`
	Resource    string `env:"OTEL_RESOURCE_ATTRIBUTES" help:"further resource attributes, as key=value pairs separated by commas and percent-encoded; OTEL_SERVICE_NAME outranks service.name"`
	Propagators string `env:"OTEL_PROPAGATORS" envDefault:"tracecontext,baggage" help:"header formats in which trace contexts are read and sent, separated by commas: tracecontext, baggage, b3, b3multi, jaeger, xray, ottrace, none"`

	TracesExporter  string `env:"OTEL_TRACES_EXPORTER" help:"where spans go: otlp, console (standard output) or none; by default otlp if there is an endpoint, otherwise none"`
	MetricsExporter string `env:"OTEL_METRICS_EXPORTER" envDefault:"prometheus" help:"where metrics go in addition to /metrics, separated by commas: otlp, console (standard output); prometheus and none add nothing"`
	MetricInterval  int    `env:"OTEL_METRIC_EXPORT_INTERVAL" envDefault:"60000" min:"1" max:"3600000" unit:"ms" help:"time between two exports of metrics"`
	MetricTimeout   int    `env:"OTEL_METRIC_EXPORT_TIMEOUT" envDefault:"30000" min:"1" max:"600000" unit:"ms" help:"time limit of an export of metrics, retries included"`

	QueueSize    int `env:"OTEL_BSP_MAX_QUEUE_SIZE" envDefault:"2048" min:"1" max:"65536" unit:"spans" help:"ended spans held for export; further ones are dropped and counted"`
	BatchSize    int `env:"OTEL_BSP_MAX_EXPORT_BATCH_SIZE" envDefault:"512" min:"1" max:"65536" unit:"spans" help:"spans of one export; at most the size of the queue"`
	BatchDelay   int `env:"OTEL_BSP_SCHEDULE_DELAY" envDefault:"1000" min:"1" max:"600000" unit:"ms" help:"longest time between two exports of spans"`
	BatchTimeout int `env:"OTEL_BSP_EXPORT_TIMEOUT" envDefault:"10000" min:"1" max:"600000" unit:"ms" help:"time limit of an export of spans, retries included"`

	Limits
	OTLP
}

// Validate checks what the tags cannot.
func (e *Export) Validate() []env.Problem {
	var problems []env.Problem
	add := func(variable, value string, err error) {
		if err != nil {
			problems = append(problems, env.Problem{Variable: variable, Value: value, Reason: err.Error()})
		}
	}
	_, err := Pairs(e.Resource)
	add("OTEL_RESOURCE_ATTRIBUTES", e.Resource, err)
	_, err = newPropagator(e.Propagators)
	add("OTEL_PROPAGATORS", e.Propagators, err)
	add("OTEL_TRACES_EXPORTER", e.TracesExporter, only(env.List(e.TracesExporter), 1, exportOTLP, exportConsole, exportNone))
	add("OTEL_METRICS_EXPORTER", e.MetricsExporter, only(env.List(e.MetricsExporter), 4, exportPrometheus, exportOTLP, exportConsole, exportNone))
	for _, s := range []Signal{Traces, Metrics} {
		_, found := e.Collector(s)
		for _, p := range found {
			if !slices.Contains(problems, p) { // of a general variable, which both signals read
				problems = append(problems, p)
			}
		}
	}
	if protocol := e.settings(Metrics).protocol; protocol.value == jsonProtocol && e.exports(exportOTLP) {
		add(protocol.name, protocol.value, errors.New("http/json is not supported for metrics (allowed: "+protobufProtocol+", "+grpcProtocol+")"))
	}
	return problems
}

// The names of exporters in the specification.
const (
	exportOTLP       = "otlp"
	exportConsole    = "console"
	exportPrometheus = "prometheus"
	exportNone       = "none"
)

// tracesTo is the exporter of spans.
func (e *Export) tracesTo() string {
	given := strings.TrimSpace(e.TracesExporter)
	switch {
	case bool(e.Disabled):
		return exportNone
	case given == "" && e.Endpoint == "" && e.TracesEndpoint == "":
		return exportNone
	}
	return cmp.Or(given, exportOTLP)
}

// exports reports whether metrics go to the exporter.
func (e *Export) exports(exporter string) bool {
	names := env.List(e.MetricsExporter)
	return !bool(e.Disabled) && slices.Contains(names, exporter) && !slices.Contains(names, exportNone)
}

// Traced reports whether spans are exported, so that sampling makes sense.
func (e *Export) Traced() bool { return e.tracesTo() != exportNone }

// MetricsByOTLP reports whether metrics are exported to a collector.
func (e *Export) MetricsByOTLP() bool { return e.exports(exportOTLP) }
