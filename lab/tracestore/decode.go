package tracestore

import (
	"iter"

	"go.opentelemetry.io/collector/pdata/ptrace"
)

// decoded yields the parts of a trace, one after the other.
func decoded(parts [][]byte) iter.Seq[ptrace.Traces] {
	return func(yield func(ptrace.Traces) bool) {
		var unmarshaler ptrace.ProtoUnmarshaler
		for _, encoded := range parts {
			data, err := unmarshaler.UnmarshalTraces(encoded)
			if err != nil {
				continue // our own encoding: it decodes
			}
			if !yield(data) {
				return
			}
		}
	}
}

// spansOf yields the spans of a trace, each with its resource.
func spansOf(parts [][]byte) iter.Seq2[ptrace.ResourceSpans, ptrace.Span] {
	return func(yield func(ptrace.ResourceSpans, ptrace.Span) bool) {
		for data := range decoded(parts) {
			for _, resource := range data.ResourceSpans().All() {
				for _, scope := range resource.ScopeSpans().All() {
					for _, span := range scope.Spans().All() {
						if !yield(resource, span) {
							return
						}
					}
				}
			}
		}
	}
}
