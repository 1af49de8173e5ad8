package telemetry

import (
	"cmp"
	"context"
	"fmt"
	"net/http"
	"slices"

	"go.opentelemetry.io/contrib/propagators/autoprop"
	"go.opentelemetry.io/otel/propagation"

	"loadlab/internal/env"
)

// defaultPropagators are the specification's.
const defaultPropagators = "tracecontext,baggage"

// newPropagator makes the propagator of a list of the specification's names.
func newPropagator(names string) (propagation.TextMapPropagator, error) {
	propagator, err := autoprop.TextMapPropagator(env.List(cmp.Or(names, defaultPropagators))...)
	if err != nil {
		return nil, fmt.Errorf("not a list of names that are supported: %w", err)
	}
	return propagator, nil
}

// plain reports whether the names are of formats whose header fields Extract knows.
func plain(names string) bool {
	return !slices.ContainsFunc(env.List(cmp.Or(names, defaultPropagators)), func(name string) bool {
		return !slices.Contains(env.List(defaultPropagators), name)
	})
}

// Extract returns ctx with the trace context of the header. Most
// requests of a lab say nothing, and with the default formats cost two look-ups.
func (t *Telemetry) Extract(ctx context.Context, header http.Header) context.Context {
	if t.plainFormats && header["Traceparent"] == nil && header["Baggage"] == nil {
		return ctx
	}
	return t.Propagator.Extract(ctx, propagation.HeaderCarrier(header))
}
