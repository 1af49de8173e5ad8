package loadgen

import (
	"net"

	"github.com/prometheus/client_golang/prometheus"

	"loadlab/loadgen/plan"
	"loadlab/loadgen/record"
	"loadlab/loadgen/report"
)

// Metrics returns the collector of the run's Prometheus metrics. What it sends
// is made when it is scraped; requests cost it nothing.
func (e *Engine) Metrics() prometheus.Collector {
	d := func(name, help string, labels ...string) *prometheus.Desc {
		return prometheus.NewDesc(name, help, labels, nil)
	}
	c := &collector{
		engine:      e,
		inFlight:    d("loadgen_in_flight", "Requests sent and not answered yet."),
		inFlightFor: d("loadgen_in_flight_seconds_total", "Integral of the requests in flight; its rate is their mean number."),
		rate:        d("loadgen_target_rate", "Requests per second that the open loop should send now."),
		concurrency: d("loadgen_target_concurrency", "Requests that the closed loop should keep in flight."),
		info:        d("loadgen_run_info", "What runs.", "run_id", "scenario", "loop", "phase"),
		valid:       d("loadgen_measurement_valid", "Whether the latest interval can be trusted, by reason for doubt.", "reason"),
		connections: d("loadgen_connections", "Open connections."),
		changes:     d("loadgen_changes_total", "Changes made to the run from outside, by the control API.", "action"),
	}
	for _, endpoint := range e.endpoints {
		l := record.Labels{Target: endpoint.Name, Method: endpoint.Method}
		l.Host, l.Port, _ = net.SplitHostPort(endpoint.Address())
		c.labels = append(c.labels, l)
	}
	return c
}

type collector struct {
	engine *Engine
	labels []record.Labels

	inFlight, inFlightFor, rate, concurrency, info, valid, connections, changes *prometheus.Desc
}

func (c *collector) Describe(ch chan<- *prometheus.Desc) {
	record.Describe(ch)
	for _, desc := range []*prometheus.Desc{c.inFlight, c.inFlightFor, c.rate, c.concurrency, c.info, c.valid, c.connections, c.changes} {
		ch <- desc
	}
}

func (c *collector) Collect(ch chan<- prometheus.Metric) {
	e := c.engine
	state := e.State()
	r := e.results.lock()
	r.collect(e.sender)
	record.Collect(ch, c.labels, r.totals[:]...)
	last, reasons := r.last, r.reasons
	e.results.unlock()

	gauge := func(desc *prometheus.Desc, v float64, labels ...string) {
		ch <- prometheus.MustNewConstMetric(desc, prometheus.GaugeValue, v, labels...)
	}
	gauge(c.inFlight, float64(last.InFlight))
	gauge(c.connections, float64(last.Connections))
	ch <- prometheus.MustNewConstMetric(c.inFlightFor, prometheus.CounterValue, last.InFlightFor.Seconds())
	rate, concurrency := 0.0, 0.0
	if !state.Paused && !state.Ended {
		switch state.Loop {
		case plan.Open:
			rate = state.Rate
		case plan.Closed:
			concurrency = float64(state.Concurrency)
		}
	}
	gauge(c.rate, rate)
	gauge(c.concurrency, concurrency)
	if state.Phase != "" {
		gauge(c.info, 1, state.RunID, state.Scenario, string(state.Loop), state.Phase)
	}
	for kind, name := range changeNames {
		ch <- prometheus.MustNewConstMetric(c.changes, prometheus.CounterValue, float64(e.ctl.changes[kind].Load()), name)
	}
	for _, reason := range report.Reasons() {
		valid := 1.0
		for _, invalid := range reasons {
			if invalid == reason {
				valid = 0
			}
		}
		gauge(c.valid, valid, reason)
	}
}
