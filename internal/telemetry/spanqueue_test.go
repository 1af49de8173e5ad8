package telemetry

import (
	"context"
	"errors"
	"testing"

	"github.com/prometheus/client_golang/prometheus"
	dto "github.com/prometheus/client_model/go"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
	"go.uber.org/zap"
)

// failEveryOther is an exporter whose exports succeed and fail in turn.
type failEveryOther struct {
	*tracetest.NoopExporter
	exports int
}

func (f *failEveryOther) ExportSpans(context.Context, []sdktrace.ReadOnlySpan) error {
	if f.exports++; f.exports%2 == 0 {
		return errors.New("refused")
	}
	return nil
}

// A scrape during an export finds each span in one count.
func TestNoReadingCountsASpanTwice(t *testing.T) {
	const batches, size = 20_000, 64
	counts := newSpanCounts()
	counts.queued.Store(batches * size)
	exporter := &countedExporter{SpanExporter: &failEveryOther{NoopExporter: &tracetest.NoopExporter{}}, counts: counts, log: zap.NewNop()}

	done := make(chan struct{})
	go func() {
		defer close(done)
		spans := make([]sdktrace.ReadOnlySpan, size)
		for range batches {
			_ = exporter.ExportSpans(t.Context(), spans)
		}
	}()
	for reading := true; reading; {
		select {
		case <-done:
			reading = false
		default:
		}
		if got := total(t, counts); got != batches*size {
			t.Fatalf("a reading has %v spans of %d", got, batches*size)
		}
	}
}

// total returns the sum of all counts, as one scrape reads them.
func total(t *testing.T, counts *spanCounts) float64 {
	t.Helper()
	read := make(chan prometheus.Metric, 4)
	counts.Collect(read)
	close(read)
	var sum float64
	for metric := range read {
		var value dto.Metric
		if err := metric.Write(&value); err != nil {
			t.Fatal(err)
		}
		sum += value.GetGauge().GetValue() + value.GetCounter().GetValue()
	}
	return sum
}
