package tracestore

import (
	"encoding/binary"
	"fmt"
	"testing"
	"time"

	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/ptrace"
)

var begin = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)

func traceID(n int) (id pcommon.TraceID) {
	binary.BigEndian.PutUint64(id[8:], uint64(n))
	return id
}

// batch has spans of a service: for each trace one that starts n seconds after
// begin and takes n milliseconds, n being the trace's number.
func batch(service, name string, traces ...int) ptrace.Traces {
	data := ptrace.NewTraces()
	resource := data.ResourceSpans().AppendEmpty()
	resource.Resource().Attributes().PutStr("service.name", service)
	scope := resource.ScopeSpans().AppendEmpty()
	scope.Scope().SetName("test")
	for i, n := range traces {
		span := scope.Spans().AppendEmpty()
		span.SetTraceID(traceID(n))
		span.SetSpanID(pcommon.SpanID{byte(i + 1), byte(len(service)), byte(len(name))})
		span.SetName(name)
		span.SetKind(ptrace.SpanKindServer)
		start := begin.Add(time.Duration(n) * time.Second)
		span.SetStartTimestamp(pcommon.NewTimestampFromTime(start))
		span.SetEndTimestamp(pcommon.NewTimestampFromTime(start.Add(time.Duration(n) * time.Millisecond)))
	}
	return data
}

func add(t *testing.T, s *Store, data ptrace.Traces) int {
	t.Helper()
	refused, err := s.Add(data)
	if err != nil {
		t.Fatal(err)
	}
	return refused
}

func roomy() Limits { return Limits{Traces: 1000, Spans: 1000, SpansPerTrace: 100, Bytes: 1 << 20} }

func TestLimitsDropTheOldestTraces(t *testing.T) {
	for _, row := range []struct {
		name   string
		limits func(*Limits)
		kept   int // of 20 traces, each of two spans
	}{
		{"none reached", func(*Limits) {}, 20},
		{"traces", func(l *Limits) { l.Traces = 7 }, 7},
		{"spans", func(l *Limits) { l.Spans = 11 }, 5},
		{"bytes", func(l *Limits) { l.Bytes = 3000 }, 4},
	} {
		t.Run(row.name, func(t *testing.T) {
			limits := roomy()
			row.limits(&limits)
			s := New(limits)
			for n := range 20 {
				add(t, s, batch("a", "GET /old", n+1))
				add(t, s, batch("b", "GET /new", n+1))
			}
			for n := range 20 {
				if kept := s.Trace(traceID(n+1)) != nil; kept != (n >= 20-row.kept) {
					t.Errorf("trace %d of 20: kept %t, want the newest %d", n+1, kept, row.kept)
				}
			}
			if s.spans != 2*row.kept || s.bytes > limits.Bytes || len(s.order)-s.head != row.kept {
				t.Errorf("%d spans, %d bytes, %d in order", s.spans, s.bytes, len(s.order)-s.head)
			}
		})
	}
}

func TestAccountsReturnToNothing(t *testing.T) {
	limits := roomy()
	limits.Traces = 1
	s := New(limits)
	for n := range 100 {
		add(t, s, batch(fmt.Sprint("service", n), "GET /", n+1))
	}
	if got := s.Services(); len(got) != 1 || got[0] != "service99" {
		t.Errorf("services %q, want the last alone", got)
	}
	if s.bytes != s.traces[traceID(100)].bytes || s.spans != 1 {
		t.Errorf("%d bytes and %d spans are accounted for one trace of %d bytes", s.bytes, s.spans, s.traces[traceID(100)].bytes)
	}
}

func TestRefusedSpans(t *testing.T) {
	limits := roomy()
	limits.SpansPerTrace = 3
	for _, row := range []struct {
		name    string
		data    ptrace.Traces
		refused int
	}{
		{"within the limit", batch("a", "x", 1, 1, 1), 0},
		{"too many of one trace", batch("a", "x", 1, 1, 1, 1, 2), 4},
		{"no trace id", batch("a", "x", 0, 1), 1},
		{"larger than the whole store", batch("a", string(make([]byte, 2<<20)), 1), 1},
		{"nothing", ptrace.NewTraces(), 0},
	} {
		t.Run(row.name, func(t *testing.T) {
			if got := add(t, New(limits), row.data); got != row.refused {
				t.Errorf("%d refused, want %d", got, row.refused)
			}
		})
	}
}

func TestFind(t *testing.T) {
	s := New(roomy())
	add(t, s, batch("gateway", "GET /io", 1, 2, 3))
	add(t, s, batch("iobound", "GET /io/wait", 2, 3))
	add(t, s, batch("iobound", "GET /io/disk", 4))
	all := Query{From: begin, To: begin.Add(time.Hour), Limit: 10}
	for _, row := range []struct {
		name   string
		change func(*Query)
		want   string // trace numbers
	}{
		{"all, newest first", func(*Query) {}, "[4 3 2 1]"},
		{"a service", func(q *Query) { q.Service = "iobound" }, "[4 3 2]"},
		{"an operation", func(q *Query) { q.Service, q.Operation = "iobound", "GET /io/wait" }, "[3 2]"},
		{"an operation of another service", func(q *Query) { q.Service, q.Operation = "gateway", "GET /io/wait" }, "[]"},
		{"at least so long", func(q *Query) { q.MinDuration = 3 * time.Millisecond }, "[4 3]"},
		{"at most so long", func(q *Query) { q.MaxDuration = 2 * time.Millisecond }, "[2 1]"},
		{"from a time", func(q *Query) { q.From = begin.Add(3 * time.Second) }, "[4 3]"},
		{"to a time", func(q *Query) { q.To = begin.Add(3 * time.Second) }, "[3 2 1]"},
		{"no more than", func(q *Query) { q.Limit = 2 }, "[4 3]"},
	} {
		t.Run(row.name, func(t *testing.T) {
			q := all
			row.change(&q)
			numbers := []uint64{}
			for _, parts := range s.Find(q) {
				data, err := (&ptrace.ProtoUnmarshaler{}).UnmarshalTraces(parts[0])
				if err != nil {
					t.Fatal(err)
				}
				id := data.ResourceSpans().At(0).ScopeSpans().At(0).Spans().At(0).TraceID()
				numbers = append(numbers, binary.BigEndian.Uint64(id[8:]))
			}
			if got := fmt.Sprint(numbers); got != row.want {
				t.Errorf("found %s, want %s", got, row.want)
			}
		})
	}
}

func TestDurationIsNeverNegative(t *testing.T) {
	span := ptrace.NewSpan()
	span.SetStartTimestamp(10)
	span.SetEndTimestamp(5)
	if got := duration(span); got != 0 {
		t.Errorf("duration %v of a span that ends before it starts", got)
	}
	span.SetStartTimestamp(0)
	span.SetEndTimestamp(1<<64 - 1)
	if got := duration(span); got <= 0 {
		t.Errorf("duration %v of an endless span", got)
	}
}
