package testkit

import (
	"bytes"
	"compress/gzip"
	"encoding/hex"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"go.opentelemetry.io/collector/pdata/ptrace/ptraceotlp"
	metricsservice "go.opentelemetry.io/proto/otlp/collector/metrics/v1"
	collectorpb "go.opentelemetry.io/proto/otlp/collector/trace/v1"
	commonpb "go.opentelemetry.io/proto/otlp/common/v1"
	metricspb "go.opentelemetry.io/proto/otlp/metrics/v1"
	tracepb "go.opentelemetry.io/proto/otlp/trace/v1"
	"google.golang.org/protobuf/proto"
)

// Collector takes spans and metrics by OTLP and keeps them.
type Collector struct {
	URL string // for OTEL_EXPORTER_OTLP_ENDPOINT

	refuse    atomic.Int64 // status to answer instead; 0 if none
	held      atomic.Bool
	abandoned atomic.Int64
	mu        sync.Mutex
	spans     []Span
	metrics   []*metricspb.ResourceMetrics
	requests  []Export
}

// Span is one span as it was received.
type Span struct {
	Service     string            // service.name of its resource
	Resource    map[string]string // all attributes of its resource
	Name        string
	Kind        tracepb.Span_SpanKind
	TraceID     string // hexadecimal
	ID          string
	ParentID    string               // empty for a root
	Attrs       map[string]string    // values as text
	Values      []*commonpb.KeyValue // the attributes with their types
	Status      *tracepb.Status
	Events      []string             // names
	EventValues []*commonpb.KeyValue // the attributes of all events with their types
	Failed      bool                 // its status is an error
	Start       time.Time
	End         time.Time
}

// NewCollector starts a collector on loopback that ends with the test. It takes
// OTLP over HTTP at any path; the content says whether it is spans or metrics.
func NewCollector(t testing.TB) *Collector {
	t.Helper()
	c := &Collector{}
	server := httptest.NewServer(c.handler(t))
	t.Cleanup(server.Close)
	c.URL = server.URL
	return c
}

func (c *Collector) handler(t testing.TB) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if status := c.refuse.Load(); status != 0 {
			w.WriteHeader(int(status))
			return
		}
		sent, err := io.ReadAll(r.Body)
		if err != nil { // the client gave up, which is its own affair: its time limit may be short
			c.abandoned.Add(1)
			return
		}
		if err := c.take(r, sent); err != nil {
			t.Errorf("collector: %v", err)
			w.WriteHeader(http.StatusBadRequest)
		}
	})
}

// Refuse makes the collector answer every export with status, and take spans
// again when status is 0.
func (c *Collector) Refuse(status int) { c.refuse.Store(int64(status)) }

// take keeps the spans or metrics that the request sent.
func (c *Collector) take(r *http.Request, sent []byte) error {
	data, err := unpacked(r.Header, sent)
	if err != nil {
		return fmt.Errorf("unpack export: %w", err)
	}
	c.note(Export{Path: r.URL.Path, Header: r.Header})
	if strings.HasSuffix(r.URL.Path, "metrics") {
		var request metricsservice.ExportMetricsServiceRequest
		if err := proto.Unmarshal(data, &request); err != nil {
			return fmt.Errorf("decode metrics: %w", err)
		}
		c.keepMetrics(&request)
		return nil
	}
	if r.Header.Get("Content-Type") == "application/json" {
		decoded := ptraceotlp.NewExportRequest()
		if err := decoded.UnmarshalJSON(data); err != nil {
			return fmt.Errorf("decode spans in JSON: %w", err)
		}
		if data, err = decoded.MarshalProto(); err != nil {
			return fmt.Errorf("encode spans: %w", err)
		}
	}
	var request collectorpb.ExportTraceServiceRequest
	if err := proto.Unmarshal(data, &request); err != nil {
		return fmt.Errorf("decode spans: %w", err)
	}
	c.keepSpans(&request)
	return nil
}

func unpacked(header http.Header, sent []byte) ([]byte, error) {
	if header.Get("Content-Encoding") != "gzip" {
		return sent, nil
	}
	reader, err := gzip.NewReader(bytes.NewReader(sent))
	if err != nil {
		return nil, err
	}
	return io.ReadAll(reader)
}

func (c *Collector) keepSpans(request *collectorpb.ExportTraceServiceRequest) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, resource := range request.GetResourceSpans() {
		attributes := texts(resource.GetResource().GetAttributes())
		for _, scope := range resource.GetScopeSpans() {
			for _, span := range scope.GetSpans() {
				c.spans = append(c.spans, newSpan(attributes, span))
			}
		}
	}
}

func newSpan(resource map[string]string, s *tracepb.Span) Span {
	span := Span{
		Service: resource["service.name"], Resource: resource,
		Name: s.GetName(), Kind: s.GetKind(),
		TraceID:  hex.EncodeToString(s.GetTraceId()),
		ID:       hex.EncodeToString(s.GetSpanId()),
		ParentID: hex.EncodeToString(s.GetParentSpanId()),
		Attrs:    texts(s.GetAttributes()),
		Values:   s.GetAttributes(),
		Status:   s.GetStatus(),
		Failed:   s.GetStatus().GetCode() == tracepb.Status_STATUS_CODE_ERROR,
		Start:    time.Unix(0, int64(s.GetStartTimeUnixNano())),
		End:      time.Unix(0, int64(s.GetEndTimeUnixNano())),
	}
	for _, event := range s.GetEvents() {
		span.Events = append(span.Events, event.GetName())
		span.EventValues = append(span.EventValues, event.GetAttributes()...)
	}
	return span
}

func texts(attributes []*commonpb.KeyValue) map[string]string {
	all := make(map[string]string, len(attributes))
	for _, a := range attributes {
		switch v := a.GetValue().GetValue().(type) {
		case *commonpb.AnyValue_StringValue:
			all[a.GetKey()] = v.StringValue
		case *commonpb.AnyValue_IntValue:
			all[a.GetKey()] = fmt.Sprint(v.IntValue)
		case *commonpb.AnyValue_DoubleValue:
			all[a.GetKey()] = fmt.Sprint(v.DoubleValue)
		case *commonpb.AnyValue_BoolValue:
			all[a.GetKey()] = fmt.Sprint(v.BoolValue)
		case *commonpb.AnyValue_ArrayValue:
			var parts []string
			for _, part := range v.ArrayValue.GetValues() {
				parts = append(parts, part.GetStringValue())
			}
			all[a.GetKey()] = strings.Join(parts, ",")
		}
	}
	return all
}

// Spans returns the spans received so far for which every condition is true.
func (c *Collector) Spans(conditions ...func(Span) bool) []Span {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.DeleteFunc(slices.Clone(c.spans), func(s Span) bool {
		return slices.ContainsFunc(conditions, func(holds func(Span) bool) bool { return !holds(s) })
	})
}

// Of is the condition that a span is of the service.
func Of(service string) func(Span) bool { return func(s Span) bool { return s.Service == service } }

// Named is the condition that a span has the name.
func Named(name string) func(Span) bool { return func(s Span) bool { return s.Name == name } }

// InTrace is the condition that a span belongs to the trace, in hexadecimal.
func InTrace(id string) func(Span) bool { return func(s Span) bool { return s.TraceID == id } }

// WaitFor returns the spans that meet the conditions as soon as there are at
// least n, and fails the test when there are not within ten seconds.
func (c *Collector) WaitFor(t testing.TB, n int, conditions ...func(Span) bool) []Span {
	t.Helper()
	for deadline := time.Now().Add(10 * time.Second); ; time.Sleep(pollEvery) {
		found := c.Spans(conditions...)
		if len(found) >= n {
			return found
		}
		if time.Now().After(deadline) {
			t.Fatalf("%d spans arrived, want %d", len(found), n)
		}
	}
}
