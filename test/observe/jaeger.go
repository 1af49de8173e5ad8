package observe

import (
	"context"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/url"
	"strconv"
	"time"
)

// Jaeger is the base URL of a server with Jaeger's query API v3.
type Jaeger string

// Span is what the tests look at in a stored span.
type Span struct {
	TraceID, SpanID, ParentID string // lower-case hexadecimal
	Service, Name             string
	Kind                      int // as OTLP numbers it: 2 is server, 3 is client
	Attributes                map[string]string
	Resource                  map[string]string // attributes of what made the span
	Events                    []string          // their names
}

// Services returns the names of the services that have spans.
func (j Jaeger) Services(ctx context.Context) ([]string, error) {
	var reply struct {
		Services []string `json:"services"`
	}
	err := Get(ctx, string(j)+"/api/v3/services", &reply)
	return reply.Services, err
}

// Trace returns the spans of a trace, or ErrNotFound.
func (j Jaeger) Trace(ctx context.Context, id string) ([]Span, error) {
	return j.spans(ctx, "/api/v3/traces/"+url.PathEscape(id))
}

// Find returns the spans of up to limit traces, each with a span of the service
// and, unless operation is empty, of that operation since start. No trace is ErrNotFound.
func (j Jaeger) Find(ctx context.Context, service, operation string, start time.Time, limit int) ([]Span, error) {
	query := url.Values{
		"query.service_name":   {service},
		"query.start_time_min": {start.UTC().Format(time.RFC3339Nano)},
		"query.start_time_max": {time.Now().UTC().Add(time.Minute).Format(time.RFC3339Nano)},
		"query.num_traces":     {strconv.Itoa(limit)},
	}
	if operation != "" {
		query.Set("query.operation_name", operation)
	}
	return j.spans(ctx, "/api/v3/traces?"+query.Encode())
}

func (j Jaeger) spans(ctx context.Context, path string) ([]Span, error) {
	var reply struct {
		Result struct {
			ResourceSpans []resourceSpans `json:"resourceSpans"`
		} `json:"result"`
	}
	if err := Get(ctx, string(j)+path, &reply); err != nil {
		return nil, err
	}
	var all []Span
	for _, resource := range reply.Result.ResourceSpans {
		attributes := texts(resource.Resource.Attributes)
		for _, scope := range resource.ScopeSpans {
			for _, raw := range scope.Spans {
				all = append(all, raw.span(attributes))
			}
		}
	}
	if len(all) == 0 {
		return nil, fmt.Errorf("%s: %w", path, ErrNotFound)
	}
	return all, nil
}

// resourceSpans is the part of OTLP's JSON that is read.
type resourceSpans struct {
	Resource struct {
		Attributes []attribute `json:"attributes"`
	} `json:"resource"`
	ScopeSpans []struct {
		Spans []rawSpan `json:"spans"`
	} `json:"scopeSpans"`
}

type rawSpan struct {
	TraceID      string      `json:"traceId"`
	SpanID       string      `json:"spanId"`
	ParentSpanID string      `json:"parentSpanId"`
	Name         string      `json:"name"`
	Kind         int         `json:"kind"`
	Attributes   []attribute `json:"attributes"`
	Events       []struct {
		Name string `json:"name"`
	} `json:"events"`
}

type attribute struct {
	Key   string                     `json:"key"`
	Value map[string]json.RawMessage `json:"value"`
}

func (r rawSpan) span(resource map[string]string) Span {
	s := Span{
		TraceID: hexadecimal(r.TraceID, 16), SpanID: hexadecimal(r.SpanID, 8), ParentID: hexadecimal(r.ParentSpanID, 8),
		Service: resource["service.name"], Name: r.Name, Kind: r.Kind, Attributes: texts(r.Attributes), Resource: resource,
	}
	for _, event := range r.Events {
		s.Events = append(s.Events, event.Name)
	}
	return s
}

// hexadecimal returns an identifier of size bytes as OTLP's JSON writes it, also
// when it came in base64 as in JSON made from protobuf without that exception.
func hexadecimal(id string, size int) string {
	if len(id) == 2*size {
		return id
	}
	if raw, err := base64.StdEncoding.DecodeString(id); err == nil && len(raw) == size {
		return hex.EncodeToString(raw)
	}
	return id
}

// texts returns each value as it is written in JSON, strings without quotes.
func texts(attributes []attribute) map[string]string {
	all := make(map[string]string, len(attributes))
	for _, a := range attributes {
		for _, value := range a.Value {
			var text string
			if err := json.Unmarshal(value, &text); err != nil {
				text = string(value)
			}
			all[a.Key] = text
		}
	}
	return all
}

// Edges returns "parent -> child" for each pair of spans of different services,
// named by service.
func Edges(spans []Span) map[string]int {
	byID := make(map[string]Span, len(spans))
	for _, span := range spans {
		byID[span.TraceID+span.SpanID] = span
	}
	edges := map[string]int{}
	for _, span := range spans {
		if parent, ok := byID[span.TraceID+span.ParentID]; ok && parent.Service != span.Service {
			edges[parent.Service+" -> "+span.Service]++
		}
	}
	return edges
}
