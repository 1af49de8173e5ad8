package tracestore

import (
	"fmt"
	"strings"
	"time"
	"unique"

	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/ptrace"
)

// part is what one batch brings of one trace.
type part struct {
	trace   pcommon.TraceID
	encoded []byte
	spans   []summary
}

// building is a part whose spans are still being collected.
type building struct {
	data  ptrace.Traces
	scope ptrace.SpanSlice // where further spans of the current scope go
	in    pcommon.InstrumentationScope
	of    pcommon.Resource
	spans []summary
}

// split sorts the spans of a batch by trace, since a batch mixes traces, and
// returns how many have no identifiers.
func split(batch ptrace.Traces) (parts []part, invalid int, err error) {
	all := map[pcommon.TraceID]*building{}
	var order []pcommon.TraceID
	for _, resource := range batch.ResourceSpans().All() {
		service := serviceName(resource.Resource())
		for _, scope := range resource.ScopeSpans().All() {
			for _, span := range scope.Spans().All() {
				if span.TraceID().IsEmpty() || span.SpanID().IsEmpty() {
					invalid++
					continue
				}
				b := all[span.TraceID()]
				if b == nil {
					b = &building{data: ptrace.NewTraces()}
					all[span.TraceID()] = b
					order = append(order, span.TraceID())
				}
				b.add(resource, scope, span, service)
			}
		}
	}
	var marshaler ptrace.ProtoMarshaler
	for _, id := range order {
		encoded, err := marshaler.MarshalTraces(all[id].data)
		if err != nil {
			return nil, 0, fmt.Errorf("encode spans: %w", err)
		}
		parts = append(parts, part{trace: id, encoded: encoded, spans: all[id].spans})
	}
	return parts, invalid, nil
}

func (b *building) add(resource ptrace.ResourceSpans, scope ptrace.ScopeSpans, span ptrace.Span, service string) {
	if len(b.spans) == 0 || b.of != resource.Resource() || b.in != scope.Scope() {
		r := b.data.ResourceSpans().AppendEmpty()
		resource.Resource().CopyTo(r.Resource())
		r.SetSchemaUrl(resource.SchemaUrl())
		s := r.ScopeSpans().AppendEmpty()
		scope.Scope().CopyTo(s.Scope())
		s.SetSchemaUrl(scope.SchemaUrl())
		b.scope, b.of, b.in = s.Spans(), resource.Resource(), scope.Scope()
	}
	span.CopyTo(b.scope.AppendEmpty())
	b.spans = append(b.spans, summary{
		operation: operation{service: service, name: unique.Make(span.Name()).Value(), kind: kindName(span.Kind())},
		start:     span.StartTimestamp(),
		duration:  duration(span),
	})
}

// duration is never negative, whatever the clocks of a span's sender did.
func duration(span ptrace.Span) time.Duration {
	if span.EndTimestamp() < span.StartTimestamp() {
		return 0
	}
	return time.Duration(min(uint64(span.EndTimestamp()-span.StartTimestamp()), 1<<63-1))
}

// serviceName is what Jaeger shows for a resource without a name, too.
func serviceName(resource pcommon.Resource) string {
	if name, ok := resource.Attributes().Get("service.name"); ok && name.AsString() != "" {
		return unique.Make(name.AsString()).Value()
	}
	return "unknown_service"
}

func kindName(kind ptrace.SpanKind) string {
	if kind == ptrace.SpanKindUnspecified {
		return ""
	}
	return strings.ToLower(kind.String())
}
