package tracestore

import (
	"bytes"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"time"

	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/ptrace"

	"loadlab/internal/web/semantics"
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
	mux := semantics.NewMux()
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
