package telemetry

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
	semconv "go.opentelemetry.io/otel/semconv/v1.43.0"
	"go.opentelemetry.io/otel/semconv/v1.43.0/httpconv"

	"loadlab/internal/decimal"
)

// conventional gives metrics of the semantic conventions, and the attributes
// that are in them, the names that the conventions have; in Prometheus both are
// spelled with underscores. Our own metrics keep their names.
type conventional struct{ metric.Producer }

// UnmatchedRoute is the label http_route of requests that no route takes. The
// conventions leave the attribute out for them.
const UnmatchedRoute = "unmatched"

// An instrument is a metric of the semantic conventions.
type instrument interface {
	Name() string
	Unit() string
}

// instruments are the metrics of the conventions by their names in Prometheus.
var instruments = map[string]instrument{
	"http_server_request_duration_seconds": httpconv.ServerRequestDuration{},
	"http_server_active_requests":          httpconv.ServerActiveRequests{},
	"http_client_request_duration_seconds": httpconv.ClientRequestDuration{},
}

// upDown are the metrics that the conventions define as sums which also fall.
// Prometheus has gauges alone.
var upDown = []string{"http_server_active_requests"}

// attributes are those of the conventions that our metrics have, by label.
var attributes = map[string]attribute.Key{
	"error_type":                semconv.ErrorTypeKey,
	"http_request_method":       semconv.HTTPRequestMethodKey,
	"http_response_status_code": semconv.HTTPResponseStatusCodeKey,
	"http_route":                semconv.HTTPRouteKey,
	"network_protocol_version":  semconv.NetworkProtocolVersionKey,
	"server_address":            semconv.ServerAddressKey,
	"server_port":               semconv.ServerPortKey,
	"service_peer_name":         semconv.ServicePeerNameKey,
	"url_scheme":                semconv.URLSchemeKey,
}

// Produce implements metric.Producer.
func (c conventional) Produce(ctx context.Context) ([]metricdata.ScopeMetrics, error) {
	scopes, err := c.Producer.Produce(ctx)
	for i, scope := range scopes {
		kept := slices.DeleteFunc(scope.Metrics, func(m metricdata.Metrics) bool {
			return m.Name == targetInfoName // the resource says the same
		})
		for j := range kept {
			convert(&kept[j])
		}
		scopes[i].Metrics = kept
	}
	if err != nil {
		return scopes, fmt.Errorf("gather metrics: %w", err)
	}
	return scopes, nil
}

func convert(m *metricdata.Metrics) {
	inPrometheus := m.Name
	if known, ok := instruments[m.Name]; ok {
		m.Name, m.Unit = known.Name(), known.Unit()
	} else {
		m.Unit = unit(m.Name)
	}
	switch data := m.Data.(type) {
	case metricdata.Gauge[float64]:
		relabel(data.DataPoints)
		if slices.Contains(upDown, inPrometheus) {
			m.Data = metricdata.Sum[float64]{DataPoints: since(data.DataPoints), Temporality: metricdata.CumulativeTemporality}
		}
	case metricdata.Sum[float64]:
		relabel(data.DataPoints)
	case metricdata.Histogram[float64]:
		for i := range data.DataPoints {
			data.DataPoints[i].Attributes = renamed(data.DataPoints[i].Attributes)
		}
	case metricdata.ExponentialHistogram[float64]:
		for i := range data.DataPoints {
			data.DataPoints[i].Attributes = renamed(data.DataPoints[i].Attributes)
		}
	case metricdata.Summary:
		for i := range data.DataPoints {
			data.DataPoints[i].Attributes = renamed(data.DataPoints[i].Attributes)
		}
	}
}

func relabel(points []metricdata.DataPoint[float64]) {
	for i := range points {
		points[i].Attributes = renamed(points[i].Attributes)
	}
}

// since gives the points of a gauge the start that a sum has.
func since(points []metricdata.DataPoint[float64]) []metricdata.DataPoint[float64] {
	for i := range points {
		points[i].StartTime = began.AsTime()
	}
	return points
}

// unit is that of a metric of ours, in the conventions' code, by the end of its name.
func unit(name string) string {
	switch name = strings.TrimSuffix(name, "_total"); {
	case strings.HasSuffix(name, "_seconds"):
		return "s"
	case strings.HasSuffix(name, "_bytes"):
		return "By"
	}
	return ""
}

// renamed has the attributes' names and types in the conventions, without empty
// values, which are the same as none in Prometheus.
func renamed(set attribute.Set) attribute.Set {
	var all []attribute.KeyValue
	for _, a := range set.ToSlice() {
		value := a.Value.AsString()
		key, known := attributes[string(a.Key)]
		switch {
		case value == "", key == semconv.HTTPRouteKey && value == UnmatchedRoute:
		case !known:
			all = append(all, a)
		case key == semconv.HTTPResponseStatusCodeKey || key == semconv.ServerPortKey:
			number, err := decimal.Int(value)
			if err != nil {
				continue
			}
			all = append(all, key.Int64(number))
		default:
			all = append(all, key.String(value))
		}
	}
	return attribute.NewSet(all...)
}
