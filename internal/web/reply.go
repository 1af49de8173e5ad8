package web

import (
	"encoding/json"
	"fmt"
	"net/http"

	"github.com/labstack/echo/v4"

	"loadlab/internal/workmeter"
)

// Reply is the body of a work route's answer.
type Reply struct {
	Service  string          `json:"service"`
	Instance string          `json:"instance"`
	Method   string          `json:"method"`
	Route    string          `json:"route"`
	Work     Spent           `json:"work"`
	Result   json.RawMessage `json:"result"`
	TraceID  string          `json:"trace_id"`
}

// Spent is a split in milliseconds, with a resolution of a microsecond.
type Spent struct {
	CPU   float64 `json:"cpu_ms"`
	Wait  float64 `json:"wait_ms"`
	Queue float64 `json:"queue_ms"`
	Wall  float64 `json:"wall_ms"`
	// Entry is the part of Queue before the handler started; nil where the time of receipt is unknown.
	Entry *float64 `json:"entry_ms,omitempty"`
	Clock string   `json:"cpu_clock"` // "thread", or "wall" where the system has no thread CPU clock
}

// replyWriter returns a function that writes the Reply of one method of one
// route. What does not change from request to request is encoded once, and only
// the result by reflection, which halves what the reply costs.
func (s *Server) replyWriter(method, path string) func(echo.Context, any) error {
	id := s.tel.Identity
	head := fmt.Appendf(nil, `{"service":%s,"instance":%s,"method":%s,"route":%s,"work":{"cpu_ms":`,
		quote(id.Service), quote(id.Instance), quote(method), quote(path))
	clock := fmt.Appendf(nil, `,"cpu_clock":%s},"result":`, quote(workmeter.ClockName))

	return func(c echo.Context, result any) error {
		encoded, err := json.Marshal(result)
		if err != nil {
			return fmt.Errorf("encode result: %w", err)
		}
		e := exchangeOf(c)
		split := e.report()
		b := make([]byte, 0, len(head)+len(clock)+len(encoded)+160)
		b = append(b, head...)
		b = appendMillis(b, split.CPU)
		b = appendMillis(append(b, `,"wait_ms":`...), split.Wait)
		b = appendMillis(append(b, `,"queue_ms":`...), split.Queue)
		b = appendMillis(append(b, `,"wall_ms":`...), split.Wall)
		if split.EntryKnown {
			b = appendMillis(append(b, `,"entry_ms":`...), split.Entry)
		}
		b = append(append(b, clock...), encoded...)
		b = append(append(append(b, `,"trace_id":"`...), e.traceID...), "\"}\n"...)
		return c.Blob(http.StatusOK, echo.MIMEApplicationJSON, b)
	}
}

func quote(text string) []byte {
	quoted, _ := json.Marshal(text) // a string can always be encoded
	return quoted
}
