package telemetry

import (
	"fmt"
	"net/url"
	"strings"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/sdk"
	"go.opentelemetry.io/otel/sdk/resource"
	semconv "go.opentelemetry.io/otel/semconv/v1.43.0"
)

// Pair is a name with its value.
type Pair struct{ Key, Value string }

// Pairs reads a list as the specification writes resource attributes and
// headers: name=value separated by commas, both percent-encoded. Blanks around
// them and empty entries, such as the one behind a trailing comma, are dropped.
func Pairs(text string) ([]Pair, error) {
	var pairs []Pair
	for entry := range strings.SplitSeq(text, ",") {
		if entry = strings.TrimSpace(entry); entry == "" {
			continue
		}
		key, value, ok := strings.Cut(entry, "=")
		name, badName := url.PathUnescape(strings.TrimSpace(key))
		decoded, badValue := url.PathUnescape(strings.TrimSpace(value))
		if !ok || name == "" || badName != nil || badValue != nil {
			return nil, fmt.Errorf("%q is not key=value", entry)
		}
		pairs = append(pairs, Pair{name, decoded})
	}
	return pairs, nil
}

// Named is the identity under the name that the environment gives the program:
// OTEL_SERVICE_NAME, or else service.name in OTEL_RESOURCE_ATTRIBUTES.
func (e *Export) Named(id Identity) Identity {
	pairs, _ := Pairs(e.Resource) // checked by Validate
	for _, pair := range pairs {
		if pair.Key == string(semconv.ServiceNameKey) && pair.Value != "" {
			id.Service = pair.Value
		}
	}
	if e.ServiceName != "" {
		id.Service = e.ServiceName
	}
	return id
}

// ResourceOf describes the program of that identity, which is already Named.
// What the user gives outranks what the program knows of itself.
func (e *Export) ResourceOf(id Identity) *resource.Resource {
	attributes := []attribute.KeyValue{
		semconv.ServiceNamespace("loadlab"),
		attribute.String("lab.job", id.Service), // what Prometheus calls it: Jaeger's tags have no service.name
	}
	for key, value := range map[attribute.Key]string{semconv.ServiceInstanceIDKey: id.Instance, semconv.ServiceVersionKey: id.Version} {
		if value != "" {
			attributes = append(attributes, key.String(value))
		}
	}
	pairs, _ := Pairs(e.Resource) // checked by Validate
	for _, pair := range pairs {
		attributes = append(attributes, attribute.String(pair.Key, pair.Value))
	}
	return resource.NewWithAttributes(semconv.SchemaURL, append(attributes, // the last of a key counts
		semconv.ServiceName(id.Service),
		semconv.TelemetrySDKName("opentelemetry"),
		semconv.TelemetrySDKLanguageGo,
		semconv.TelemetrySDKVersion(sdk.Version()),
	)...)
}
