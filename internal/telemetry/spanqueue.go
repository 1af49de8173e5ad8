package telemetry

import (
	"cmp"
	"context"
	"sync"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.uber.org/zap"
)

// spanQueue bounds and counts what lies between the end of a span and its
// export. The SDK's batch processor drops silently when its queue is full; here
// a span is taken only while there is room, so each one ends up in exactly one
// of the counts:
//
//	ended --room?--> queued --export--> exported
//	          \                    \--> failed
//	           \--> dropped
type spanQueue struct {
	sdktrace.SpanProcessor // the SDK's batch processor
	counts                 *spanCounts
	room                   int64
}

func newSpanQueue(exporter sdktrace.SpanExporter, e Export, log *zap.Logger) *spanQueue {
	counts := newSpanCounts()
	counted := &countedExporter{SpanExporter: exporter, counts: counts, log: log}
	return &spanQueue{
		SpanProcessor: sdktrace.NewBatchSpanProcessor(counted, e.BatchOptions()...),
		counts:        counts,
		room:          int64(e.QueueSize),
	}
}

// BatchOptions are what the OTEL_BSP_* variables say of the batches of spans.
func (e *Export) BatchOptions() []sdktrace.BatchSpanProcessorOption {
	return []sdktrace.BatchSpanProcessorOption{
		sdktrace.WithMaxQueueSize(e.QueueSize),
		sdktrace.WithMaxExportBatchSize(min(e.QueueSize, cmp.Or(e.BatchSize, sdktrace.DefaultMaxExportBatchSize))),
		sdktrace.WithBatchTimeout(milliseconds(e.BatchDelay, time.Second)),
		sdktrace.WithExportTimeout(milliseconds(e.BatchTimeout, requestTimeout)),
	}
}

// OnEnd queues a sampled span, or drops it when the queue is full.
func (q *spanQueue) OnEnd(span sdktrace.ReadOnlySpan) {
	if !span.SpanContext().IsSampled() {
		return
	}
	if q.counts.queued.Add(1) > q.room {
		q.counts.queued.Add(-1)
		q.counts.dropped.Add(1)
		return
	}
	q.SpanProcessor.OnEnd(span)
}

type countedExporter struct {
	sdktrace.SpanExporter
	counts  *spanCounts
	log     *zap.Logger
	failing atomic.Bool
}

// ExportSpans counts the outcome and reports the first failure of a row. It
// returns no error, which the SDK would only hand to a process-wide handler.
func (e *countedExporter) ExportSpans(ctx context.Context, spans []sdktrace.ReadOnlySpan) error {
	err := e.SpanExporter.ExportSpans(ctx, spans)
	outcome := &e.counts.exported
	if err != nil {
		outcome = &e.counts.failed
	}
	switch failed := err != nil; {
	case e.failing.Swap(failed) == failed:
	case failed:
		e.log.Warn("spans cannot be exported; they are dropped and counted until they can", zap.Error(err))
	default:
		e.log.Info("spans are exported again")
	}
	e.counts.move(outcome, int64(len(spans)))
	return nil
}

// spanCounts is a collector of the sampled spans by outcome.
type spanCounts struct {
	// moving is held while spans go from one count to another and while all are
	// read, so that no reading has a span in both or in neither.
	moving                            sync.Mutex
	queued, exported, failed, dropped atomic.Int64
	queuedDesc, endedDesc             *prometheus.Desc
}

func newSpanCounts() *spanCounts {
	return &spanCounts{
		queuedDesc: prometheus.NewDesc("lab_spans_queued", "Ended spans waiting to be exported.", nil, nil),
		endedDesc:  prometheus.NewDesc("lab_spans_total", "Sampled spans by outcome.", []string{"result"}, nil),
	}
}

// move counts n spans that were queued as having this outcome.
func (c *spanCounts) move(outcome *atomic.Int64, n int64) {
	c.moving.Lock()
	defer c.moving.Unlock()
	outcome.Add(n)
	c.queued.Add(-n)
}

func (c *spanCounts) Describe(ch chan<- *prometheus.Desc) {
	ch <- c.queuedDesc
	ch <- c.endedDesc
}

func (c *spanCounts) Collect(ch chan<- prometheus.Metric) {
	c.moving.Lock()
	defer c.moving.Unlock()
	ch <- prometheus.MustNewConstMetric(c.queuedDesc, prometheus.GaugeValue, float64(c.queued.Load()))
	for _, row := range []struct {
		result string
		count  *atomic.Int64
	}{{"exported", &c.exported}, {"failed", &c.failed}, {"dropped", &c.dropped}} {
		ch <- prometheus.MustNewConstMetric(c.endedDesc, prometheus.CounterValue, float64(row.count.Load()), row.result)
	}
}
