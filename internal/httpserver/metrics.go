package httpserver

import "github.com/prometheus/client_golang/prometheus"

// metrics describe the connections of one listener.
type metrics struct {
	open, limit, closed, refused *prometheus.Desc
}

func newMetrics(listener string) metrics {
	describe := func(name, help string, labels ...string) *prometheus.Desc {
		return prometheus.NewDesc(name, help, labels, prometheus.Labels{"listener": listener})
	}
	return metrics{
		open:    describe("lab_connections", "Connections that are open."),
		limit:   describe("lab_connections_limit", "Connections that may be open at once."),
		closed:  describe("lab_connections_closed_total", "Connections that were closed to make room for another, by what they did.", "state"),
		refused: describe("lab_connections_refused_total", "Connections that were answered 503, because all the others were at work."),
	}
}

// Describe implements prometheus.Collector.
func (s *Server) Describe(ch chan<- *prometheus.Desc) {
	ch <- s.metrics.open
	ch <- s.metrics.limit
	ch <- s.metrics.closed
	ch <- s.metrics.refused
}

// Collect implements prometheus.Collector.
func (s *Server) Collect(ch chan<- prometheus.Metric) {
	c := s.connections
	c.mu.Lock()
	open := len(c.open)
	c.mu.Unlock()
	counter := func(desc *prometheus.Desc, value int64, labels ...string) {
		ch <- prometheus.MustNewConstMetric(desc, prometheus.CounterValue, float64(value), labels...)
	}
	ch <- prometheus.MustNewConstMetric(s.metrics.open, prometheus.GaugeValue, float64(open))
	ch <- prometheus.MustNewConstMetric(s.metrics.limit, prometheus.GaugeValue, float64(c.most))
	counter(s.metrics.closed, c.closedIdle.Load(), "idle")
	counter(s.metrics.closed, c.closedSlow.Load(), "transferring")
	counter(s.metrics.refused, c.refused.Load())
}
