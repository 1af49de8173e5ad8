package telemetry

import (
	"cmp"
	"errors"
	"math"

	sdktrace "go.opentelemetry.io/otel/sdk/trace"

	"loadlab/internal/decimal"
)

// Limits bound what one span may hold. A limit that is not set is the
// specification's: 128 of each, and no limit to the length of a value.
type Limits struct {
	AttributeCount      limit `env:"OTEL_ATTRIBUTE_COUNT_LIMIT" help:"attributes of a span, and of each of its events and links; 128 by default"`
	AttributeLength     limit `env:"OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT" help:"characters of an attribute's value; longer ones are cut; no limit by default"`
	SpanAttributeCount  limit `env:"OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT" help:"attributes of a span; OTEL_ATTRIBUTE_COUNT_LIMIT by default"`
	SpanAttributeLength limit `env:"OTEL_SPAN_ATTRIBUTE_VALUE_LENGTH_LIMIT" help:"characters of a value of a span's attribute; OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT by default"`
	EventCount          limit `env:"OTEL_SPAN_EVENT_COUNT_LIMIT" help:"events of a span; the oldest are dropped; 128 by default"`
	LinkCount           limit `env:"OTEL_SPAN_LINK_COUNT_LIMIT" help:"links of a span; 128 by default"`
	EventAttributeCount limit `env:"OTEL_EVENT_ATTRIBUTE_COUNT_LIMIT" help:"attributes of an event; OTEL_ATTRIBUTE_COUNT_LIMIT by default"`
	LinkAttributeCount  limit `env:"OTEL_LINK_ATTRIBUTE_COUNT_LIMIT" help:"attributes of a link; OTEL_ATTRIBUTE_COUNT_LIMIT by default"`
}

func (l *Limits) ofSpans() sdktrace.SpanLimits {
	return sdktrace.SpanLimits{
		AttributeValueLengthLimit:   cmp.Or(l.SpanAttributeLength, l.AttributeLength).or(sdktrace.DefaultAttributeValueLengthLimit),
		AttributeCountLimit:         cmp.Or(l.SpanAttributeCount, l.AttributeCount).or(sdktrace.DefaultAttributeCountLimit),
		EventCountLimit:             l.EventCount.or(sdktrace.DefaultEventCountLimit),
		LinkCountLimit:              l.LinkCount.or(sdktrace.DefaultLinkCountLimit),
		AttributePerEventCountLimit: cmp.Or(l.EventAttributeCount, l.AttributeCount).or(sdktrace.DefaultAttributePerEventCountLimit),
		AttributePerLinkCountLimit:  cmp.Or(l.LinkAttributeCount, l.AttributeCount).or(sdktrace.DefaultAttributePerLinkCountLimit),
	}
}

// limit is a whole number as it was written, because 0 is not the same as unset.
type limit string

// UnmarshalText accepts whole numbers from 0.
func (l *limit) UnmarshalText(text []byte) error {
	if n, err := decimal.Int(string(text)); err != nil || n < 0 || n > math.MaxInt32 {
		return errors.New("not a whole number from 0")
	}
	*l = limit(text)
	return nil
}

func (l limit) or(otherwise int) int {
	if n, err := decimal.Int(string(l)); err == nil {
		return int(n)
	}
	return otherwise
}
