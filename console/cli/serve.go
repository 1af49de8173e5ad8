package cli

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"

	"loadlab/console"
	"loadlab/experiments/runner"
	"loadlab/internal/app"
	"loadlab/internal/env"
	"loadlab/internal/httpserver"
	"loadlab/internal/telemetry"
	"loadlab/internal/web/semantics"
)

// serve serves the page, its metrics and its liveness until ctx ends.
func (c Command) serve(ctx context.Context) error {
	var e console.Environment
	var export telemetry.Export
	if err := env.Parse(c.Getenv, &e, &export); err != nil {
		return err
	}
	for _, warning := range append(telemetry.Unsupported(c.Environ, console.Variables()...), export.Warnings(telemetry.Metrics)...) {
		fmt.Fprintln(c.Stderr, "console:", warning)
	}
	cfg := e.Config()
	registry := prometheus.NewRegistry()
	registry.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	if e.Results != "" {
		runs, err := runner.New(runner.Config{Executable: c.Executable, Environ: c.Environ, Folder: e.Results, Load: e.Generator})
		if err != nil {
			return err
		}
		defer runs.Close()
		registry.MustRegister(runs)
		cfg.Experiments.Handler = runs.Handler()
	}
	page, err := console.New(cfg)
	if err != nil {
		return err
	}
	closeMetrics, err := export.OpenMetrics(context.WithoutCancel(ctx), export.Named(identity(e.Addr)), registry, c.Stdout)
	if err != nil {
		return err
	}
	defer c.exportLast(closeMetrics)
	mux := semantics.NewMux()
	mux.Handle("GET /metrics", telemetry.MetricsHandler(registry))
	mux.HandleFunc("GET /livez", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprintln(w, "ok") })
	mux.Handle("/", page)
	server := httpserver.New(httpserver.Config{Listener: "console", MaxConnections: e.Connections, Handler: cfg.Guard.Wrap(mux), WriteTimeout: time.Minute})
	registry.MustRegister(server)
	return c.listen(ctx, e.Addr, e.Page, server)
}

// lastExport bounds the export of metrics at the end.
const lastExport = 3 * time.Second

func (c Command) exportLast(closeMetrics func(context.Context) error) {
	ctx, cancel := context.WithTimeout(context.Background(), lastExport)
	defer cancel()
	if err := closeMetrics(ctx); err != nil {
		fmt.Fprintln(c.Stderr, "console: the last metrics were not exported:", err)
	}
}

// identity is what metrics call a console at the address.
func identity(address string) telemetry.Identity {
	host, err := os.Hostname()
	if err != nil {
		host = "localhost"
	}
	_, port, _ := net.SplitHostPort(address) // checked by Validate
	return telemetry.Identity{Service: "console", Instance: net.JoinHostPort(host, port), Version: app.ShortVersion()}
}

// listen serves until ctx ends, and prints page, or the listener's address if page
// is empty. Streams to browsers are cut off then.
func (c Command) listen(ctx context.Context, address, page string, server *httpserver.Server) error {
	var config net.ListenConfig
	listener, err := config.Listen(ctx, "tcp", address)
	if err != nil {
		return &env.Error{Problems: []env.Problem{{Variable: "CONSOLE_ADDR", Value: address, Reason: err.Error()}}}
	}
	defer context.AfterFunc(ctx, func() { _ = server.Close() })() // Serve returns what matters
	if page == "" {
		page = "http://" + listener.Addr().String()
	}
	fmt.Fprintln(c.Stderr, "console:", page)
	if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
		return fmt.Errorf("serve the console: %w", err)
	}
	return nil
}
