package tracestore

import (
	"errors"
	"fmt"
	"net/http"

	"go.opentelemetry.io/collector/pdata/pcommon"
)

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
