package web

import (
	"errors"
	"net/http"

	"github.com/labstack/echo/v4"
	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"

	"loadlab/internal/web/problem"
	"loadlab/internal/workmeter"
)

// accessLine is a request's line of the access log. It writes its own fields: a
// slice of them would be the largest piece of memory that a request needs.
type accessLine struct {
	*exchange
	request *http.Request
	bytes   int64
	status  int
	err     error
	split   workmeter.Split
}

func (s *Server) logAccess(c echo.Context, e *exchange, status int, err error, split workmeter.Split) {
	level := zapcore.InfoLevel
	if status >= http.StatusInternalServerError {
		level = zapcore.ErrorLevel
	}
	if entry := s.log.Check(level, "request"); entry != nil {
		entry.Write(zap.Inline(&accessLine{exchange: e, request: c.Request(), bytes: c.Response().Size, status: status, err: err, split: split}))
	}
}

// MarshalLogObject adds the fields of the line.
func (l *accessLine) MarshalLogObject(line zapcore.ObjectEncoder) error {
	line.AddString("method", l.request.Method)
	line.AddString("route", l.endpoint.route)
	line.AddString("path", l.request.URL.Path)
	line.AddInt("status", l.status)
	line.AddInt64("bytes", l.bytes)
	line.AddInt64("wall_us", l.split.Wall.Microseconds())
	line.AddInt64("cpu_us", l.split.CPU.Microseconds())
	line.AddInt64("wait_us", l.split.Wait.Microseconds())
	line.AddInt64("queue_us", l.split.Queue.Microseconds())
	line.AddInt64("entry_us", l.split.Entry.Microseconds())
	line.AddString("trace_id", l.traceID)
	line.AddString("span_id", l.span.SpanContext().SpanID().String())
	if l.id != "" {
		line.AddString("request_id", l.id)
	}
	if len(l.faults) > 0 {
		zap.Strings("faults", l.faults).AddTo(line)
	}
	if l.err != nil && l.status != problem.StatusClientClosed {
		zap.Error(l.err).AddTo(line)
	}
	var panicked *panicError
	if errors.As(l.err, &panicked) {
		line.AddByteString("stack", panicked.stack)
	}
	return nil
}
