package telemetry

import (
	"context"
	"fmt"
	"io"
	"time"

	"go.opentelemetry.io/otel/trace"
	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
)

const (
	logBuffer = 256 << 10 // bytes held before a write
	logFlush  = 200 * time.Millisecond
)

// openLog writes JSON lines through a buffer: one system call for many access
// log lines instead of one each.
func (t *Telemetry) openLog(cfg Config, out io.Writer) error {
	level, err := zap.ParseAtomicLevel(cfg.LogLevel)
	if err != nil {
		return fmt.Errorf("read log level: %w", err)
	}
	encoding := zap.NewProductionEncoderConfig()
	encoding.TimeKey = "time"
	encoding.EncodeTime = zapcore.RFC3339NanoTimeEncoder
	encoding.EncodeDuration = zapcore.SecondsDurationEncoder
	// The writer's own Sync is hidden: it fails on a pipe, and that is what
	// standard output mostly is.
	buffer := &zapcore.BufferedWriteSyncer{WS: zapcore.AddSync(struct{ io.Writer }{out}), Size: logBuffer, FlushInterval: logFlush}
	t.Level = level
	t.Log = zap.New(zapcore.NewCore(zapcore.NewJSONEncoder(encoding), buffer, level),
		zap.Fields(zap.String("service", t.Identity.Service)))
	t.closers = append(t.closers, func(context.Context) error { return buffer.Stop() })
	return nil
}

// reported turns an error of a closer into a log line: a collector that is down
// is no failure of the service.
func (t *Telemetry) reported(message string, closer func(context.Context) error) func(context.Context) error {
	return func(ctx context.Context) error {
		if err := closer(ctx); err != nil {
			t.Log.Warn(message, zap.Error(err))
		}
		return nil
	}
}

// TraceFields returns the fields that join a log line to its trace.
func TraceFields(span trace.SpanContext) []zap.Field {
	return []zap.Field{
		zap.String("trace_id", span.TraceID().String()),
		zap.String("span_id", span.SpanID().String()),
	}
}
