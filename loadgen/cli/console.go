package cli

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"loadlab/internal/app"
	"loadlab/internal/env"
	"loadlab/loadgen"
	"loadlab/loadgen/control"
	"loadlab/loadgen/report"
)

// serve opens the console's address: metrics, liveness, the control API and the page.
func (c Command) serve(ctx context.Context, address, reports string, engine *loadgen.Engine, thresholds []report.Threshold) (closeAll func(), err error) {
	if address == "off" {
		return func() {}, nil
	}
	var config net.ListenConfig
	listener, err := config.Listen(ctx, "tcp", address)
	if err != nil {
		return nil, &env.Error{Problems: []env.Problem{{Variable: "LOADGEN_CONSOLE_ADDR", Value: address, Reason: err.Error()}}}
	}
	registry := prometheus.NewRegistry()
	registry.MustRegister(engine.Metrics(), newThresholdMetric(engine, thresholds), collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", promhttp.HandlerFor(registry, promhttp.HandlerOpts{EnableOpenMetrics: true}))
	mux.HandleFunc("GET /livez", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprintln(w, "ok") })
	controls := control.Handler(engine)
	mux.Handle("/api/v1/", controls)
	closePage := func() {}
	if c.Page != nil {
		page, metrics, end, err := c.Page.Open(controls, "http://"+app.Reachable(listener.Addr().String()), reports)
		if err != nil {
			return nil, errors.Join(fmt.Errorf("make the console's page: %w", err), listener.Close())
		}
		mux.Handle("/", page)
		if metrics != nil {
			registry.MustRegister(metrics)
		}
		closePage = end
	}
	server := &http.Server{Handler: mux, ReadHeaderTimeout: 5 * time.Second, WriteTimeout: time.Minute, MaxHeaderBytes: 64 << 10}
	fmt.Fprintf(c.Stderr, "loadgen: metrics and control at http://%s\n", listener.Addr())
	var served sync.WaitGroup
	served.Go(func() { _ = server.Serve(listener) }) // ends with Close
	return func() {
		closePage()
		_ = server.Close() // watchers are cut off: the run is over
		served.Wait()
	}, nil
}

// healthcheck asks the generator that runs with the same environment whether it is alive.
func (c Command) healthcheck(ctx context.Context) int {
	var s Settings
	if err := env.Parse(c.Getenv, &s); err != nil {
		return c.fail(err)
	}
	if s.ConsoleAddr == "off" {
		return app.ExitPass // there is nobody to ask
	}
	return c.fail(app.CheckURL(ctx, "http://"+app.Reachable(s.ConsoleAddr)+"/livez"))
}

// A thresholdMetric says which thresholds hold, over the run so far.
type thresholdMetric struct {
	engine     *loadgen.Engine
	thresholds []report.Threshold
	desc       *prometheus.Desc
}

func newThresholdMetric(engine *loadgen.Engine, thresholds []report.Threshold) thresholdMetric {
	return thresholdMetric{engine, thresholds, prometheus.NewDesc("loadgen_threshold_ok",
		"Whether the threshold holds over the run so far.", []string{"threshold"}, nil)}
}

func (m thresholdMetric) Describe(ch chan<- *prometheus.Desc) { ch <- m.desc }

func (m thresholdMetric) Collect(ch chan<- prometheus.Metric) {
	if len(m.thresholds) == 0 {
		return
	}
	r := m.engine.Report()
	r.Check(m.thresholds)
	for _, t := range r.Thresholds {
		ok := 0.0
		if t.OK {
			ok = 1
		}
		ch <- prometheus.MustNewConstMetric(m.desc, prometheus.GaugeValue, ok, t.Text)
	}
}
