package lab

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"time"

	"golang.org/x/sync/errgroup"

	"loadlab"
	"loadlab/console"
	"loadlab/experiments/runner"
	"loadlab/internal/app"
	"loadlab/internal/env"
	"loadlab/internal/guard"
	"loadlab/internal/httpserver"
	"loadlab/internal/supervise"
	"loadlab/internal/telemetry"
	"loadlab/lab/prom"
	"loadlab/lab/tracestore"
	"loadlab/runtimes"
)

// running is the lab from its start to its end.
type running struct {
	cfg        Config
	options    options
	with       Environment
	folder     folder
	printer    *printer
	engine     *prom.Engine
	traces     *tracestore.Store
	forward    *tracestore.Forwarder // nil if there is no further collector
	runner     *runner.Runner
	servers    []listening
	supervisor *supervise.Supervisor // runs the children
	// runtimes are the tutorial's servers that this machine can run, missing why it cannot run the others.
	runtimes []tutorialServer
	missing  []error
	logs     []*childLog

	closeMetrics func(context.Context) error // exports them a last time; nil until there are some
}

// listening is a server with the listener that it has claimed.
type listening struct {
	server   *httpserver.Server
	listener net.Listener
}

// runLab starts everything, waits for ctx to end, and stops everything.
func runLab(ctx context.Context, with Environment, o options) (err error) {
	l := &running{options: o, with: with, supervisor: &supervise.Supervisor{Executable: with.Executable}, printer: &printer{out: with.Stdout, began: time.Now()}}
	if err = env.Parse(with.Getenv, &l.cfg); err != nil {
		return err
	}
	if l.options.data != "" {
		l.cfg.Data = l.options.data
	}
	if l.options.runtimes {
		l.runtimes, l.missing = l.cfg.foundRuntimes(ctx)
	}
	if err = l.cfg.settlePorts(ctx, runtimeEndpoints(l.runtimes)...); err != nil {
		return err
	}
	if l.folder, err = openFolder(l.cfg.Data); err != nil {
		return err
	}
	l.cfg.Data = l.folder.path
	defer func() { err = errors.Join(err, l.close()) }()
	if err = l.open(ctx); err != nil {
		return err
	}
	if len(l.runtimes) > 0 {
		if err = runtimes.Unpack(runtimesDir(l.folder.path)); err != nil {
			return err
		}
	}
	return l.serve(ctx)
}

// open makes everything that lives in this process.
func (l *running) open(ctx context.Context) (err error) {
	limits := tracestore.DefaultLimits()
	limits.Bytes = l.cfg.TraceMB << 20
	l.traces = tracestore.New(limits)
	if l.cfg.forwards() {
		to, _ := l.cfg.Export.Collector(telemetry.Traces) // checked by Validate
		l.forward = tracestore.NewForwarder(to)
	}
	log := l.log("prometheus")
	l.engine, err = prom.Open(prom.Config{
		Dir: metricsDir(l.folder.path), Name: "prometheus.yml", Files: loadlab.Prometheus, Targets: l.targets(), Further: l.runtimeNames(),
		Retention: l.cfg.Retention, Block: l.cfg.Block, MaxBytes: l.cfg.DiskMB * 1_000_000,
		Log: slog.New(slog.NewJSONHandler(log, &slog.HandlerOptions{Level: slog.LevelWarn})),
	})
	if err != nil {
		return err
	}
	if err = l.engine.Registry().Register(l.traces.Metrics()); err != nil {
		return fmt.Errorf("register trace store metrics: %w", err)
	}
	if l.forward != nil {
		if err = l.engine.Registry().Register(l.forward.Metrics()); err != nil {
			return fmt.Errorf("register the forwarder's metric: %w", err)
		}
	}
	if err = os.MkdirAll(reportsDir(l.folder.path), 0o755); err != nil {
		return fmt.Errorf("make the folder for reports: %w", err)
	}
	if l.runner, err = l.newRunner(); err != nil {
		return err
	}
	if err = l.engine.Registry().Register(l.runner); err != nil {
		return fmt.Errorf("register the metrics of experiments: %w", err)
	}
	closeMetrics, err := l.cfg.Export.OpenMetrics(context.WithoutCancel(ctx), l.cfg.Export.Named(telemetry.Identity{Service: "lab", Version: app.ShortVersion()}), l.engine.Registry(), l.with.Stdout)
	if err != nil {
		return err
	}
	l.closeMetrics = closeMetrics
	page, err := l.console()
	if err != nil {
		return err
	}
	receiver := l.traces.Receiver(nil)
	if l.forward != nil {
		receiver = l.traces.Receiver(l.forward.Send)
	}
	return errors.Join(
		l.listen(ctx, "CONSOLE_PORT", l.cfg.Console, l.newServer("console", l.cfg.ConsoleConnections, page)),
		l.listen(ctx, "PROMETHEUS_PORT", l.cfg.Prometheus, l.newServer("prometheus", l.cfg.PrometheusConnections, l.engine.Handler())),
		l.listen(ctx, "JAEGER_PORT", l.cfg.Traces, l.newServer("jaeger", l.cfg.TracesConnections, l.traces.API())),
		l.listen(ctx, "OTLP_PORT", l.cfg.OTLP, l.newServer("otlp", l.cfg.OTLPConnections, receiver)),
	)
}

// newRunner runs experiments in processes of their own, with services of their own.
func (l *running) newRunner() (*runner.Runner, error) {
	cfg := runner.Config{
		Executable: l.with.Executable, Environ: l.with.Environ, Folder: filepath.Join(l.folder.path, "experiments"),
	}
	if !l.options.noLoad {
		cfg.Load = "http://" + loopback(l.cfg.Loadgen)
	}
	return runner.New(cfg)
}

// console is the page to look at. Metrics and traces are of this process.
func (l *running) console() (http.Handler, error) {
	cfg := console.Config{
		Version: app.Version(), Mode: console.ModeLab, Guard: l.guard(),
		Prometheus: console.Upstream{Handler: l.engine.Handler()}, Traces: console.Upstream{Handler: l.traces.API()},
		Experiments: console.Upstream{Handler: l.runner.Handler()}, Lab: console.Upstream{Handler: l.control()},
	}
	if len(l.runtimes) > 0 {
		cfg.Runtimes = func(context.Context) bool { return true }
	}
	if !l.options.noLoad {
		cfg.Generator.URL = "http://" + loopback(l.cfg.Loadgen)
		cfg.Reports = l.reports()
	}
	for _, s := range slices.Backward(l.cfg.services()) { // the gateway first, as a request goes
		cfg.Faults = append(cfg.Faults, console.Faults{Service: s.builder.Name, Admin: console.Upstream{URL: "http://" + s.adminAddr()}})
	}
	return console.New(cfg)
}

// targets are the addresses that Prometheus scrapes, by job.
func (l *running) targets() map[string][]string {
	targets := map[string][]string{"prometheus": {loopback(l.cfg.Prometheus)}}
	if !l.options.noLoad {
		targets["loadgen"] = []string{loopback(l.cfg.Loadgen)}
	}
	for _, s := range l.cfg.services() {
		targets[s.builder.Name] = []string{s.adminAddr()}
	}
	for _, s := range l.runtimes {
		targets[s.Name] = []string{s.address()}
	}
	return targets
}

// guard is that of every listener of this process.
func (l *running) guard() guard.Guard { return guard.New("LAB_HOSTS", l.cfg.Hosts) }

func (l *running) listen(ctx context.Context, variable string, port int, server *httpserver.Server) error {
	var config net.ListenConfig
	listener, err := config.Listen(ctx, "tcp", loopback(port))
	if err != nil {
		return &env.Error{Problems: []env.Problem{{Variable: variable, Value: fmt.Sprint(port),
			Reason: "cannot listen there: " + err.Error() + "; set " + variable + " to another port"}}}
	}
	l.servers = append(l.servers, listening{server, listener})
	if err := l.engine.Registry().Register(server); err != nil {
		return fmt.Errorf("register the metrics of connections: %w", err)
	}
	return nil
}

func (l *running) newServer(name string, connections int, handler http.Handler) *httpserver.Server {
	return httpserver.New(httpserver.Config{
		Listener: name, MaxConnections: connections, Handler: l.guard().Wrap(handler), WriteTimeout: time.Minute,
		ErrorLog: slog.NewLogLogger(slog.DiscardHandler, slog.LevelError),
	})
}

// serve runs what open has made, and the children, until ctx ends or
// something that cannot be started again fails. The children go first, so that
// their last samples and spans find listeners.
func (l *running) serve(ctx context.Context) error {
	own, stopOwn := context.WithCancel(context.WithoutCancel(ctx))
	defer stopOwn()
	var inside errgroup.Group
	inside.Go(func() error { return l.engine.Run(own) })
	if l.forward != nil {
		inside.Go(func() error { l.forward.Run(own, l.printer.forwarding); return nil })
	}
	for _, s := range l.servers {
		inside.Go(func() error {
			if err := s.server.Serve(s.listener); !errors.Is(err, http.ErrServerClosed) {
				return fmt.Errorf("serve %s: %w", s.listener.Addr(), err)
			}
			return nil
		})
	}
	l.printer.starting(l.folder)
	l.printer.missing(l.missing)
	defer context.AfterFunc(ctx, l.runner.Close)()
	err := l.supervise(ctx)
	stopOwn()
	for _, s := range l.servers {
		err = errors.Join(err, s.server.Close())
	}
	return errors.Join(err, inside.Wait())
}

// lastExport bounds the export of metrics at the end.
const lastExport = 3 * time.Second

// close undoes what open has done so far.
func (l *running) close() error {
	var errs []error
	for _, s := range l.servers {
		if err := s.listener.Close(); err != nil && !errors.Is(err, net.ErrClosed) {
			errs = append(errs, err)
		}
	}
	if l.runner != nil {
		l.runner.Close()
	}
	if l.closeMetrics != nil {
		ctx, cancel := context.WithTimeout(context.Background(), lastExport)
		defer cancel()
		if err := l.closeMetrics(ctx); err != nil {
			fmt.Fprintln(l.with.Stderr, "the last metrics were not exported:", err)
		}
	}
	if l.engine != nil {
		errs = append(errs, l.engine.Close())
	}
	for _, log := range l.logs {
		log.close()
	}
	return errors.Join(append(errs, l.folder.close())...)
}
