package tracestore

import (
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"go.opentelemetry.io/collector/pdata/pcommon"

	"loadlab/internal/decimal"
)

func parseSpan(text string) (time.Duration, error) {
	span, err := decimal.Duration(text)
	if err == nil && span < 0 {
		return 0, errors.New("must not be negative")
	}
	return span, err
}

func parseLimit(text string) (int, error) {
	limit, err := decimal.Int(text)
	if err == nil && (limit < 1 || limit > maxTraces) {
		return 0, fmt.Errorf("must be 1 to %d", maxTraces)
	}
	return int(limit), err
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

func writeJSON(w http.ResponseWriter, code int, body any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(code)
	_ = json.NewEncoder(w).Encode(body) // the reader may be gone
}
