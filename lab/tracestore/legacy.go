package tracestore

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/ptrace"

	"loadlab/internal/decimal"
	"loadlab/internal/web/semantics"
)

// The JSON of Jaeger's older query API, which its own page and Grafana's data
// source read: model/json of jaegertracing/jaeger-idl. Times are microseconds.
type (
	legacyReply struct {
		Data   any             `json:"data"`
		Total  int             `json:"total"`
		Limit  int             `json:"limit"`
		Offset int             `json:"offset"`
		Errors []legacyFailure `json:"errors"`
	}
	legacyFailure struct {
		Code    int    `json:"code"`
		Message string `json:"msg"`
	}
	legacyTrace struct {
		TraceID   string                   `json:"traceID"`
		Spans     []legacySpan             `json:"spans"`
		Processes map[string]legacyProcess `json:"processes"`
		Warnings  []string                 `json:"warnings"`
	}
	legacyProcess struct {
		ServiceName string      `json:"serviceName"`
		Tags        []legacyTag `json:"tags"`
	}
	legacySpan struct {
		TraceID       string            `json:"traceID"`
		SpanID        string            `json:"spanID"`
		OperationName string            `json:"operationName"`
		References    []legacyReference `json:"references"`
		StartTime     uint64            `json:"startTime"`
		Duration      uint64            `json:"duration"`
		Tags          []legacyTag       `json:"tags"`
		Logs          []legacyLog       `json:"logs"`
		ProcessID     string            `json:"processID"`
		Warnings      []string          `json:"warnings"`
	}
	legacyReference struct {
		RefType string `json:"refType"`
		TraceID string `json:"traceID"`
		SpanID  string `json:"spanID"`
	}
	legacyLog struct {
		Timestamp uint64      `json:"timestamp"`
		Fields    []legacyTag `json:"fields"`
	}
	legacyTag struct {
		Key   string `json:"key"`
		Type  string `json:"type"`
		Value any    `json:"value"`
	}
	legacyDependency struct {
		Parent    string `json:"parent"`
		Child     string `json:"child"`
		CallCount int    `json:"callCount"`
	}
)

// legacy routes the older API: /api/services, /api/services/{service}/operations,
// /api/traces, /api/traces/{id} and /api/dependencies.
func (s *Store) legacy(mux *semantics.Mux) {
	mux.HandleFunc("GET /api/services", func(w http.ResponseWriter, _ *http.Request) {
		writeLegacy(w, append([]string{}, s.Services()...))
	})
	mux.HandleFunc("GET /api/services/{service}/operations", func(w http.ResponseWriter, r *http.Request) {
		names := []string{}
		for _, o := range s.Operations(r.PathValue("service"), "") {
			if len(names) == 0 || names[len(names)-1] != o.Name { // sorted by name
				names = append(names, o.Name)
			}
		}
		writeLegacy(w, names)
	})
	mux.HandleFunc("GET /api/traces/{id}", s.byID(writeLegacyError, func(w http.ResponseWriter, id pcommon.TraceID, parts [][]byte) {
		writeLegacy(w, []legacyTrace{legacyOf(id, parts)})
	}))
	mux.HandleFunc("GET /api/traces", func(w http.ResponseWriter, r *http.Request) {
		q, err := parseLegacyQuery(r.URL.Query(), time.Now())
		if err != nil {
			writeLegacyError(w, http.StatusBadRequest, err)
			return
		}
		found := []legacyTrace{}
		for _, one := range s.find(q) {
			found = append(found, legacyOf(one.id, one.parts))
		}
		writeLegacy(w, found)
	})
	mux.HandleFunc("GET /api/dependencies", func(w http.ResponseWriter, _ *http.Request) {
		writeLegacy(w, s.dependencies())
	})
}

// parseLegacyQuery reads the parameters of a search and reports all that are
// wrong. Without times it is about the last hour, which is all that Grafana
// asks for.
func parseLegacyQuery(values url.Values, now time.Time) (Query, error) {
	q := Query{Service: values.Get("service"), Operation: values.Get("operation"), From: now.Add(-time.Hour), To: now, Limit: defaultTraces}
	var problems []error
	read := func(name string, parse func(string) error) {
		text := values.Get(name)
		if text == "" {
			return
		}
		if err := parse(text); err != nil {
			problems = append(problems, fmt.Errorf("parameter %s: %w", name, err))
		}
	}
	if q.Service == "" {
		problems = append(problems, errors.New("parameter service is required"))
	}
	instant := func(into *time.Time) func(string) error {
		return func(text string) error {
			micros, err := decimal.Int(text)
			*into = time.UnixMicro(micros)
			return err
		}
	}
	read("start", instant(&q.From))
	read("end", instant(&q.To))
	read("minDuration", func(text string) (err error) { q.MinDuration, err = parseSpan(text); return err })
	read("maxDuration", func(text string) (err error) { q.MaxDuration, err = parseSpan(text); return err })
	read("limit", func(text string) (err error) { q.Limit, err = parseLimit(text); return err })
	read("tags", func(text string) error { return json.Unmarshal([]byte(text), &q.Tags) })
	return q, errors.Join(problems...)
}

// legacyOf decodes a trace's parts, each of which is of one process.
func legacyOf(id pcommon.TraceID, parts [][]byte) legacyTrace {
	trace := legacyTrace{TraceID: id.String(), Spans: []legacySpan{}, Processes: map[string]legacyProcess{}}
	for data := range decoded(parts) {
		for _, resource := range data.ResourceSpans().All() {
			process := "p" + strconv.Itoa(len(trace.Processes)+1)
			trace.Processes[process] = legacyProcess{ServiceName: serviceName(resource.Resource()), Tags: legacyTags(resource.Resource().Attributes())}
			for _, scope := range resource.ScopeSpans().All() {
				for _, span := range scope.Spans().All() {
					trace.Spans = append(trace.Spans, legacySpanOf(span, scope.Scope(), process))
				}
			}
		}
	}
	return trace
}

func legacySpanOf(span ptrace.Span, scope pcommon.InstrumentationScope, process string) legacySpan {
	one := legacySpan{
		TraceID: span.TraceID().String(), SpanID: span.SpanID().String(), OperationName: span.Name(), ProcessID: process,
		StartTime: uint64(span.StartTimestamp()) / 1000, Duration: uint64(duration(span).Microseconds()),
		References: []legacyReference{}, Logs: []legacyLog{}, Tags: legacyTags(span.Attributes()),
	}
	if !span.ParentSpanID().IsEmpty() {
		one.References = append(one.References, legacyReference{"CHILD_OF", one.TraceID, span.ParentSpanID().String()})
	}
	for _, link := range span.Links().All() {
		one.References = append(one.References, legacyReference{"FOLLOWS_FROM", link.TraceID().String(), link.SpanID().String()})
	}
	text := func(key, value string) {
		if value != "" {
			one.Tags = append(one.Tags, legacyTag{key, "string", value})
		}
	}
	text("span.kind", kindName(span.Kind()))
	text("otel.scope.name", scope.Name())
	text("otel.scope.version", scope.Version())
	if span.Status().Code() == ptrace.StatusCodeError {
		one.Tags = append(one.Tags, legacyTag{"error", "bool", true})
		text("otel.status_description", span.Status().Message())
	}
	for _, event := range span.Events().All() {
		fields := append([]legacyTag{{"event", "string", event.Name()}}, legacyTags(event.Attributes())...)
		one.Logs = append(one.Logs, legacyLog{Timestamp: uint64(event.Timestamp()) / 1000, Fields: fields})
	}
	return one
}

// legacyTags writes attributes in their order. The name of the service is not
// among them: Jaeger has it in the process itself.
func legacyTags(attributes pcommon.Map) []legacyTag {
	tags := []legacyTag{}
	for key, value := range attributes.All() {
		if key == "service.name" {
			continue
		}
		tag := legacyTag{Key: key, Type: "string", Value: value.AsString()}
		switch value.Type() {
		case pcommon.ValueTypeBool:
			tag.Type, tag.Value = "bool", value.Bool()
		case pcommon.ValueTypeInt:
			tag.Type, tag.Value = "int64", value.Int()
		case pcommon.ValueTypeDouble:
			tag.Type, tag.Value = "float64", value.Double()
		case pcommon.ValueTypeBytes:
			tag.Type, tag.Value = "binary", base64.StdEncoding.EncodeToString(value.Bytes().AsRaw())
		}
		tags = append(tags, tag)
	}
	return tags
}

func writeLegacy[T any](w http.ResponseWriter, data []T) {
	writeJSON(w, http.StatusOK, legacyReply{Data: data, Total: len(data)})
}

func writeLegacyError(w http.ResponseWriter, code int, reason error) {
	writeJSON(w, code, legacyReply{Errors: []legacyFailure{{Code: code, Message: reason.Error()}}})
}
