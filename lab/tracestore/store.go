// Package tracestore keeps the newest traces in memory for Jaeger's query API v3.
//
// Spans stay encoded, as they came, with a small summary of each for searches:
// memory is what the limits say, and the garbage collector has little to walk.
// The oldest trace goes first, whole, when a limit is reached; a trace's age is
// that of its first span's arrival.
package tracestore

import (
	"sync"
	"time"

	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/ptrace"
)

// Limits bound a store. Each must be at least 1.
type Limits struct {
	Traces        int
	Spans         int
	SpansPerTrace int // further spans of such a trace are refused
	Bytes         int // of encoded spans with their index
}

// DefaultLimits hold at least a quarter of an hour of the lab's default load.
func DefaultLimits() Limits {
	return Limits{Traces: 20_000, Spans: 100_000, SpansPerTrace: 5_000, Bytes: 48 << 20}
}

// What an entry costs besides its encoded bytes, from the sizes of the types
// below, the map, and the order.
const (
	traceOverhead = 256
	partOverhead  = 48
	spanOverhead  = 72
)

// Store holds traces. Its methods may be called at the same time.
type Store struct {
	limits Limits

	mu     sync.RWMutex
	traces map[pcommon.TraceID]*stored
	order  []pcommon.TraceID // by first arrival, from oldest at head
	head   int
	spans  int
	bytes  int
	index  index
	counts counts
}

// stored is one trace. Parts are never changed once they are in, so that a
// reader may keep them after it has let go of the lock.
type stored struct {
	parts [][]byte // each an encoded TracesData
	spans []summary
	bytes int
}

// summary is what a search looks at.
type summary struct {
	operation operation
	start     pcommon.Timestamp
	duration  time.Duration
}

// New returns an empty store.
func New(limits Limits) *Store {
	return &Store{limits: limits, traces: map[pcommon.TraceID]*stored{}, index: index{}}
}

// Add keeps the spans of batch and returns how many it had to refuse: spans
// without identifiers, and those of a trace that is full.
func (s *Store) Add(batch ptrace.Traces) (refused int, err error) {
	parts, refused, err := split(batch)
	if err != nil {
		return 0, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, p := range parts {
		refused += s.add(p)
	}
	s.counts.refused += uint64(refused)
	s.evict()
	return refused, nil
}

// add returns how many spans of the part were refused.
func (s *Store) add(p part) int {
	trace := s.traces[p.trace]
	had := 0
	if trace != nil {
		had = len(trace.spans)
	}
	cost := len(p.encoded) + partOverhead + spanOverhead*len(p.spans)
	if had+len(p.spans) > s.limits.SpansPerTrace || cost+traceOverhead > s.limits.Bytes {
		return len(p.spans)
	}
	if trace == nil {
		trace = &stored{bytes: traceOverhead}
		s.traces[p.trace] = trace
		s.order = append(s.order, p.trace)
		s.bytes += traceOverhead
	}
	trace.parts = append(trace.parts, p.encoded)
	trace.spans = append(trace.spans, p.spans...)
	trace.bytes += cost
	s.bytes += cost
	s.spans += len(p.spans)
	s.counts.accepted += uint64(len(p.spans))
	for _, span := range p.spans {
		s.index.add(span.operation)
	}
	return 0
}

// evict drops the oldest traces until the limits hold.
func (s *Store) evict() {
	for len(s.traces) > s.limits.Traces || s.spans > s.limits.Spans || s.bytes > s.limits.Bytes {
		id := s.order[s.head]
		s.head++
		trace := s.traces[id]
		delete(s.traces, id)
		s.bytes -= trace.bytes
		s.spans -= len(trace.spans)
		for _, span := range trace.spans {
			s.index.remove(span.operation)
		}
		s.counts.evicted++
	}
	if s.head > len(s.order)/2 { // the dropped half is worth the copy
		s.order = append([]pcommon.TraceID(nil), s.order[s.head:]...)
		s.head = 0
	}
}

// Trace returns the encoded parts of a trace, nil if it is not here.
func (s *Store) Trace(id pcommon.TraceID) [][]byte {
	s.mu.RLock()
	defer s.mu.RUnlock()
	if trace := s.traces[id]; trace != nil {
		return trace.parts
	}
	return nil
}

// Query selects traces that have a span which meets all conditions.
type Query struct {
	Service     string // empty for any
	Operation   string // name of the span; empty for any
	From, To    time.Time
	MinDuration time.Duration // of the span
	MaxDuration time.Duration // of the span; 0 for no bound
	Limit       int           // most traces returned
	// Tags are attributes that one span of the trace has, by what they are as text.
	Tags map[string]string
}

// found is a trace that a search has selected.
type found struct {
	id    pcommon.TraceID
	parts [][]byte
}

// Find returns the parts of the traces that q selects, newest arrival first.
func (s *Store) Find(q Query) [][][]byte {
	var parts [][][]byte
	for _, one := range s.find(q) {
		parts = append(parts, one.parts)
	}
	return parts
}

func (s *Store) find(q Query) []found {
	var all []found
	s.mu.RLock()
	defer s.mu.RUnlock()
	for i := len(s.order) - 1; i >= s.head && len(all) < q.Limit; i-- {
		trace := s.traces[s.order[i]]
		if trace.matches(q) && (len(q.Tags) == 0 || tagged(trace.parts, q.Tags)) {
			all = append(all, found{s.order[i], trace.parts})
		}
	}
	return all
}

// tagged reports whether one span has all the attributes, itself or by its
// resource. Only a search by attributes pays for the decoding.
func tagged(parts [][]byte, tags map[string]string) bool {
	for resource, span := range spansOf(parts) {
		if hasTags(tags, span, resource.Resource()) {
			return true
		}
	}
	return false
}

func hasTags(tags map[string]string, span ptrace.Span, resource pcommon.Resource) bool {
	for key, want := range tags {
		value, ok := span.Attributes().Get(key)
		if !ok {
			value, ok = resource.Attributes().Get(key)
		}
		switch {
		case ok && value.AsString() == want:
		case key == "error" && want == "true" && span.Status().Code() == ptrace.StatusCodeError:
		case key == "span.kind" && want == kindName(span.Kind()):
		default:
			return false
		}
	}
	return true
}

func (t *stored) matches(q Query) bool {
	for _, span := range t.spans {
		start := span.start.AsTime()
		if (q.Service == "" || span.operation.service == q.Service) &&
			(q.Operation == "" || span.operation.name == q.Operation) &&
			!start.Before(q.From) && !start.After(q.To) &&
			span.duration >= q.MinDuration &&
			(q.MaxDuration == 0 || span.duration <= q.MaxDuration) {
			return true
		}
	}
	return false
}
