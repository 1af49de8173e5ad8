package tracestore

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/ptrace"
)

const (
	defaultTraces = 20   // of a search without query.num_traces
	maxTraces     = 1500 // the most that Jaeger's own page asks for
)

// API returns Jaeger's query API v3 over HTTP: /api/v3/services, /operations,
// /traces and /traces/{id}. Replies and parameters are those of
// jaegertracing/jaeger cmd/query/app/apiv3, except that this search also works
// without a service. Traces are OTLP JSON. The older API, /api/..., is the one that
// Grafana's data source uses.
func (s *Store) API() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /api/v3/services", func(w http.ResponseWriter, _ *http.Request) {
		writeJSON(w, http.StatusOK, struct {
			Services []string `json:"services"`
		}{append([]string{}, s.Services()...)})
	})
	mux.HandleFunc("GET /api/v3/operations", func(w http.ResponseWriter, r *http.Request) {
		q := r.URL.Query()
		writeJSON(w, http.StatusOK, struct {
			Operations []Operation `json:"operations"`
		}{s.Operations(q.Get("service"), q.Get("span_kind"))})
	})
	mux.HandleFunc("GET /api/v3/traces/{id}", s.byID(writeError, func(w http.ResponseWriter, _ pcommon.TraceID, parts [][]byte) {
		writeTraces(w, [][][]byte{parts})
	}))
	mux.HandleFunc("GET /api/v3/traces", func(w http.ResponseWriter, r *http.Request) {
		q, err := parseQuery(r.URL.Query())
		if err != nil {
			writeError(w, http.StatusBadRequest, err)
			return
		}
		found := s.Find(q)
		if len(found) == 0 {
			writeError(w, http.StatusNotFound, errors.New("no traces found"))
			return
		}
		writeTraces(w, found)
	})
	s.legacy(mux)
	return mux
}

// byID answers with the trace that the path names.
func (s *Store) byID(fail func(http.ResponseWriter, int, error), write func(http.ResponseWriter, pcommon.TraceID, [][]byte)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		id, err := parseTraceID(r.PathValue("id"))
		if err != nil {
			fail(w, http.StatusBadRequest, fmt.Errorf("malformed parameter trace_id: %w", err))
			return
		}
		parts := s.Trace(id)
		if parts == nil {
			fail(w, http.StatusNotFound, errors.New("trace not found"))
			return
		}
		write(w, id, parts)
	}
}

// parseQuery reads the parameters of a search and reports all that are wrong.
func parseQuery(values url.Values) (Query, error) {
	q := Query{Service: values.Get("query.service_name"), Operation: values.Get("query.operation_name"), Limit: defaultTraces}
	var problems []error
	read := func(name string, required bool, parse func(string) error) {
		text := values.Get("query." + name)
		if text == "" {
			if required {
				problems = append(problems, fmt.Errorf("query.%s is required", name))
			}
			return
		}
		if err := parse(text); err != nil {
			problems = append(problems, fmt.Errorf("malformed parameter query.%s: %w", name, err))
		}
	}
	instant := func(into *time.Time) func(string) error {
		return func(text string) (err error) { *into, err = time.Parse(time.RFC3339Nano, text); return err }
	}
	span := func(into *time.Duration) func(string) error {
		return func(text string) (err error) { *into, err = parseSpan(text); return err }
	}
	read("start_time_min", true, instant(&q.From))
	read("start_time_max", true, instant(&q.To))
	read("duration_min", false, span(&q.MinDuration))
	read("duration_max", false, span(&q.MaxDuration))
	read("num_traces", false, func(text string) (err error) { q.Limit, err = parseLimit(text); return err })
	return q, errors.Join(problems...)
}

func parseSpan(text string) (time.Duration, error) {
	span, err := time.ParseDuration(text)
	if err == nil && span < 0 {
		return 0, errors.New("must not be negative")
	}
	return span, err
}

func parseLimit(text string) (int, error) {
	limit, err := strconv.Atoi(text)
	if err == nil && (limit < 1 || limit > maxTraces) {
		return 0, fmt.Errorf("must be 1 to %d", maxTraces)
	}
	return limit, err
}

// parseTraceID takes up to 32 hexadecimal digits, leading zeros left out.
func parseTraceID(text string) (pcommon.TraceID, error) {
	var id pcommon.TraceID
	if text == "" || len(text) > 2*len(id) {
		return id, fmt.Errorf("must be 1 to %d hexadecimal digits", 2*len(id))
	}
	_, err := hex.Decode(id[:], []byte(strings.Repeat("0", 2*len(id)-len(text))+text))
	return id, err
}

// writeTraces decodes one part after the other, so that a large reply is never
// in memory as a whole.
func writeTraces(w http.ResponseWriter, traces [][][]byte) {
	const before, after = `{"resourceSpans":[`, `]}`
	var marshaler ptrace.JSONMarshaler
	w.Header().Set("Content-Type", "application/json")
	separator := `{"result":` + before
	for _, parts := range traces {
		for data := range decoded(parts) {
			text, err := marshaler.MarshalTraces(data)
			if err != nil {
				continue
			}
			text = bytes.TrimSuffix(bytes.TrimPrefix(text, []byte(before)), []byte(after))
			if _, err := w.Write(append([]byte(separator), text...)); err != nil {
				return // the reader is gone
			}
			separator = ","
		}
	}
	_, _ = w.Write([]byte(after + "}")) // the reader may be gone
}

// failure is the error of Jaeger's gateway.
type failure struct {
	Code    int    `json:"httpCode"`
	Message string `json:"message"`
}

func writeError(w http.ResponseWriter, code int, reason error) {
	writeJSON(w, code, struct {
		Error failure `json:"error"`
	}{failure{Code: code, Message: reason.Error()}})
}

func writeJSON(w http.ResponseWriter, code int, body any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(code)
	_ = json.NewEncoder(w).Encode(body) // the reader may be gone
}
