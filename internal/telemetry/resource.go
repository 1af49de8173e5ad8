package telemetry

import (
	"fmt"
	"net/url"
	"strings"

	"go.opentelemetry.io/otel/attribute"
)

func (c *Config) attributes() ([]attribute.KeyValue, error) {
	var attrs []attribute.KeyValue
	if c.Resource == "" {
		return nil, nil
	}
	for pair := range strings.SplitSeq(c.Resource, ",") {
		key, value, ok := strings.Cut(strings.TrimSpace(pair), "=")
		decoded, err := url.PathUnescape(strings.TrimSpace(value))
		if !ok || key == "" || err != nil {
			return nil, fmt.Errorf("%q is not key=value", pair)
		}
		attrs = append(attrs, attribute.String(strings.TrimSpace(key), decoded))
	}
	return attrs, nil
}
