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

	"loadlab/internal/app"
	"loadlab/internal/env"
	"loadlab/internal/exitcode"
	"loadlab/internal/guard"
	"loadlab/internal/httpserver"
	"loadlab/internal/telemetry"
	"loadlab/internal/web/semantics"
	"loadlab/loadgen"
	"loadlab/loadgen/control"
	"loadlab/loadgen/report"
)

// newRegistry has the metrics of the run and of the process.
func newRegistry(engine *loadgen.Engine, thresholds []report.Threshold) *prometheus.Registry {
	registry := prometheus.NewRegistry()
	registry.MustRegister(engine.Metrics(), newThresholdMetric(engine, thresholds), collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return registry
}

// serve opens the admin listener: metrics, liveness and the control API.
func (c Command) serve(ctx context.Context, s Settings, engine *loadgen.Engine, registry *prometheus.Registry) (closeAll func(), err error) {
	address := s.AdminAddr
	if address == "off" {
		return func() {}, nil
	}
	var config net.ListenConfig
	listener, err := config.Listen(ctx, "tcp", address)
	if err != nil {
		return nil, &env.Error{Problems: []env.Problem{{Variable: "LOADGEN_ADMIN_ADDR", Value: address, Reason: err.Error()}}}
	}
	c.clearExit(s.ReportDir) // before the first answer, so that it is never taken for this run's
	mux := semantics.NewMux()
	mux.Handle("GET /metrics", telemetry.MetricsHandler(registry))
	mux.HandleFunc("GET /livez", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprintln(w, "ok") })
	mux.Handle("/api/v1/", control.Handler(engine))
	server := httpserver.New(httpserver.Config{Listener: "control", MaxConnections: s.AdminConnections, Handler: guard.New("LOADGEN_ADMIN_HOSTS", s.AdminHosts).Wrap(mux), WriteTimeout: time.Minute})
	if err := registry.Register(server); err != nil {
		return nil, errors.Join(fmt.Errorf("register the metrics of connections: %w", err), listener.Close())
	}
	fmt.Fprintf(c.Stderr, "loadgen: metrics and control at http://%s\n", listener.Addr())
	var served sync.WaitGroup
	served.Go(func() { _ = server.Serve(listener) }) // ends with Close
	return func() {
		_ = server.Close() // watchers are cut off: the run is over
		served.Wait()
	}, nil
}

// healthcheck asks the generator that runs with the same environment whether it is alive.
func (c Command) healthcheck(ctx context.Context) int {
	var s Settings
	if err := env.Parse(source{getenv: c.Getenv}.get, &s); err != nil {
		return c.fail(err)
	}
	if s.AdminAddr == "off" {
		return exitcode.Pass // there is no listener to ask
	}
	return c.fail(app.CheckURL(ctx, "http://"+app.Reachable(s.AdminAddr)+"/livez"))
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
