package tracestore

import (
	"cmp"
	"slices"

	"go.opentelemetry.io/collector/pdata/pcommon"
)

// dependencies counts the calls between services in the stored traces, sorted.
func (s *Store) dependencies() []legacyDependency {
	s.mu.RLock()
	traces := make([][][]byte, 0, len(s.traces))
	for _, one := range s.traces {
		traces = append(traces, one.parts)
	}
	s.mu.RUnlock()
	calls := map[[2]string]int{}
	for _, parts := range traces {
		countCalls(parts, calls)
	}
	found := []legacyDependency{}
	for pair, n := range calls {
		found = append(found, legacyDependency{Parent: pair[0], Child: pair[1], CallCount: n})
	}
	slices.SortFunc(found, func(a, b legacyDependency) int {
		return cmp.Or(cmp.Compare(a.Parent, b.Parent), cmp.Compare(a.Child, b.Child))
	})
	return found
}

// countCalls adds the spans of a trace whose parent is of another service.
func countCalls(parts [][]byte, calls map[[2]string]int) {
	services, parents := map[pcommon.SpanID]string{}, map[pcommon.SpanID]pcommon.SpanID{}
	for resource, span := range spansOf(parts) {
		services[span.SpanID()] = serviceName(resource.Resource())
		parents[span.SpanID()] = span.ParentSpanID()
	}
	for id, service := range services {
		if parent := services[parents[id]]; parent != "" && parent != service {
			calls[[2]string{parent, service}]++
		}
	}
}
