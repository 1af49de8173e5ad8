package tracestore

import "github.com/prometheus/client_golang/prometheus"

// counts only grow; the store's lock guards them.
type counts struct {
	accepted, refused, evicted uint64
}

// Metrics describe the store to Prometheus.
func (s *Store) Metrics() prometheus.Collector {
	describe := func(name, help string) *prometheus.Desc {
		return prometheus.NewDesc("lab_tracestore_"+name, help, nil, nil)
	}
	return &collector{
		store:    s,
		traces:   describe("traces", "Traces in the store."),
		spans:    describe("spans", "Spans in the store."),
		bytes:    describe("bytes", "Memory that the stored spans take."),
		limit:    describe("limit_bytes", "Memory that the stored spans may take."),
		accepted: describe("accepted_spans_total", "Spans taken."),
		refused:  describe("refused_spans_total", "Spans without identifiers, or of a trace with too many spans."),
		evicted:  describe("evicted_traces_total", "Traces dropped to make room."),
	}
}

type collector struct {
	store                       *Store
	traces, spans, bytes, limit *prometheus.Desc
	accepted, refused, evicted  *prometheus.Desc
}

func (c *collector) Describe(into chan<- *prometheus.Desc) { prometheus.DescribeByCollect(c, into) }

func (c *collector) Collect(into chan<- prometheus.Metric) {
	s := c.store
	s.mu.RLock()
	traces, spans, bytes, counts := len(s.traces), s.spans, s.bytes, s.counts
	s.mu.RUnlock()
	gauge := func(desc *prometheus.Desc, value int) {
		into <- prometheus.MustNewConstMetric(desc, prometheus.GaugeValue, float64(value))
	}
	counter := func(desc *prometheus.Desc, value uint64) {
		into <- prometheus.MustNewConstMetric(desc, prometheus.CounterValue, float64(value))
	}
	gauge(c.traces, traces)
	gauge(c.spans, spans)
	gauge(c.bytes, bytes)
	gauge(c.limit, s.limits.Bytes)
	counter(c.accepted, counts.accepted)
	counter(c.refused, counts.refused)
	counter(c.evicted, counts.evicted)
}
