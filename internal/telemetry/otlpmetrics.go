package telemetry

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/prometheus/client_golang/prometheus"
	bridge "go.opentelemetry.io/contrib/bridges/prometheus"
	"go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/resource"
)

// OpenMetrics describes the program of that identity, which is already Named,
// by target_info in registry, and exports the registry's metrics as the
// environment says. The function that it returns exports them a last time.
func (e *Export) OpenMetrics(ctx context.Context, id Identity, registry *prometheus.Registry, console io.Writer) (func(context.Context) error, error) {
	about := e.ResourceOf(id)
	if err := registry.Register(targetInfo(about)); err != nil {
		return nil, fmt.Errorf("register target_info: %w", err)
	}
	readers, err := e.readers(ctx, console, conventional{bridge.NewMetricProducer(bridge.WithGatherer(dated{registry}))})
	if err != nil {
		return nil, err
	}
	var closers []func(context.Context) error
	for _, reader := range readers {
		closers = append(closers, metric.NewMeterProvider(metric.WithResource(about), metric.WithReader(reader)).Shutdown)
	}
	return func(ctx context.Context) error {
		var errs []error
		for _, closer := range closers {
			errs = append(errs, closer(ctx))
		}
		return errors.Join(errs...)
	}, nil
}

// targetInfoName is the metric in which Prometheus keeps a resource
// (OpenTelemetry's specification of compatibility with Prometheus).
const targetInfoName = "target_info"

// targetInfo has the attributes of the resource as labels, always 1.
func targetInfo(about *resource.Resource) prometheus.Collector {
	labels := prometheus.Labels{}
	for _, a := range about.Attributes() {
		name := labelName(string(a.Key))
		if earlier := labels[name]; earlier != "" {
			labels[name] = earlier + ";" + a.Value.String() // keys that differ in their dots alone
			continue
		}
		labels[name] = a.Value.String()
	}
	info := prometheus.NewGauge(prometheus.GaugeOpts{Name: targetInfoName, Help: "Always 1; its labels are the attributes of the OpenTelemetry resource.", ConstLabels: labels})
	info.Set(1)
	return info
}

// labelName replaces what a label's name cannot have by underscores.
func labelName(key string) string {
	name := strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || r == '_' {
			return r
		}
		return '_'
	}, key)
	if name[0] >= '0' && name[0] <= '9' || strings.HasPrefix(name, "__") {
		return "key_" + name
	}
	return name
}
