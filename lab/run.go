package lab

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"loadlab"
	"loadlab/internal/app"
	"loadlab/internal/env"
	"loadlab/lab/prom"
	"loadlab/lab/supervise"
	"loadlab/lab/tracestore"
)

// running is the lab from its start to its end.
type running struct {
	cfg     Config
	options options
	with    Surroundings
	folder  folder
	say     *speaker
	engine  *prom.Engine
	traces  *tracestore.Store
	forward *tracestore.Forwarder // nil if there is no further collector
	servers []listening
	logs    []*childLog
}

// listening is a server with the listener that it has claimed.
type listening struct {
	server   *http.Server
	listener net.Listener
}

// runLab starts everything, waits for ctx to end, and stops everything. The
// children go first, so that what they have still to say finds listeners.
func runLab(ctx context.Context, with Surroundings, args []string) (err error) {
	l := &running{with: with, say: &speaker{out: with.Stdout, began: time.Now()}}
	if l.options, err = parseOptions(args, with.Stdout); err != nil {
		return err
	}
	if l.options.version {
		fmt.Fprintln(with.Stdout, app.Version())
		return nil
	}
	if err = env.Parse(with.Getenv, &l.cfg); err != nil {
		return err
	}
	if l.options.data != "" {
		l.cfg.Data = l.options.data
	}
	if err = l.cfg.settlePorts(ctx); err != nil {
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
	return l.serve(ctx)
}

// open makes everything that lives in this process.
func (l *running) open(ctx context.Context) (err error) {
	limits := tracestore.DefaultLimits()
	limits.Bytes = l.cfg.TraceMB << 20
	l.traces = tracestore.New(limits)
	if l.cfg.Forward != "" {
		headers, err := l.cfg.forwardHeaders()
		if err != nil {
			return err
		}
		l.forward = tracestore.NewForwarder(l.cfg.Forward, headers)
	}
	log := l.log("prometheus")
	l.engine, err = prom.Open(prom.Config{
		Dir: metricsDir(l.folder.path), Name: "prometheus.yml", Files: loadlab.Prometheus, Targets: l.targets(),
		Retention: l.cfg.Retention, MaxBytes: l.cfg.DiskMB * 1_000_000,
		Log: slog.New(slog.NewTextHandler(log, &slog.HandlerOptions{Level: slog.LevelWarn})),
	})
	if err != nil {
		return err
	}
	if err = l.engine.Registry().Register(l.traces.Metrics()); err != nil {
		return fmt.Errorf("register trace store metrics: %w", err)
	}
	receiver := l.traces.Receiver(nil)
	if l.forward != nil {
		receiver = l.traces.Receiver(l.forward.Send)
	}
	return errors.Join(
		l.listen(ctx, "PROMETHEUS_PORT", l.cfg.Prometheus, l.engine.Handler()),
		l.listen(ctx, "JAEGER_PORT", l.cfg.Traces, l.traces.API()),
		l.listen(ctx, "OTLP_PORT", l.cfg.OTLP, receiver),
	)
}

// targets are the addresses that Prometheus scrapes, by job.
func (l *running) targets() map[string][]string {
	targets := map[string][]string{"prometheus": {loopback(l.cfg.Prometheus)}}
	for _, s := range l.cfg.services() {
		targets[s.builder.Name] = []string{s.adminAddr()}
	}
	return targets
}

func (l *running) listen(ctx context.Context, variable string, port int, handler http.Handler) error {
	var config net.ListenConfig
	listener, err := config.Listen(ctx, "tcp", loopback(port))
	if err != nil {
		return &env.Error{Problems: []env.Problem{{Variable: variable, Value: fmt.Sprint(port),
			Reason: "cannot listen there: " + err.Error() + "; set " + variable + " to another port"}}}
	}
	server := &http.Server{Handler: handler, ReadTimeout: 10 * time.Second, WriteTimeout: time.Minute,
		IdleTimeout: 2 * time.Minute, MaxHeaderBytes: 16 << 10, ErrorLog: slog.NewLogLogger(slog.DiscardHandler, slog.LevelError)}
	l.servers = append(l.servers, listening{server, listener})
	return nil
}

// serve runs what open has made, and the children, until ctx ends or
// something that cannot be started again fails.
func (l *running) serve(ctx context.Context) error {
	own, stopOwn := context.WithCancel(context.WithoutCancel(ctx))
	defer stopOwn()
	group, children := errgroup.WithContext(ctx)
	var inside errgroup.Group
	inside.Go(func() error { return l.engine.Run(own) })
	if l.forward != nil {
		inside.Go(func() error { l.forward.Run(own, l.say.forwarding); return nil })
	}
	for _, s := range l.servers {
		inside.Go(func() error {
			if err := s.server.Serve(s.listener); !errors.Is(err, http.ErrServerClosed) {
				return fmt.Errorf("serve %s: %w", s.listener.Addr(), err)
			}
			return nil
		})
	}
	l.say.starting(l.folder)
	supervisor := &supervise.Supervisor{Executable: l.with.Executable}
	processes := l.processes()
	allReady := newCountdown(len(processes), func() { l.say.up(l.cfg, l.folder) })
	supervisor.Report = func(e supervise.Event) {
		l.say.event(e)
		if e.Kind == supervise.Ready {
			allReady.done(e.Process)
		}
	}
	for _, p := range processes {
		group.Go(func() error { return supervisor.Run(children, p) })
	}
	err := group.Wait()
	stopOwn()
	for _, s := range l.servers {
		err = errors.Join(err, s.server.Close())
	}
	return errors.Join(err, inside.Wait())
}

// processes are the children: one for each service, but one for those that
// the user wants together.
func (l *running) processes() []supervise.Process {
	var groups [][]service
	var together []service
	for _, s := range l.cfg.services() {
		if slices.Contains(l.options.together, s.builder.Name) {
			together = append(together, s)
		} else {
			groups = append(groups, []service{s})
		}
	}
	if len(together) > 0 {
		groups = append(groups, together)
	}
	var all []supervise.Process
	for _, members := range groups {
		all = append(all, l.process(members))
	}
	return all
}

func (l *running) process(members []service) supervise.Process {
	var names []string
	for _, s := range members {
		names = append(names, s.builder.Name)
	}
	name := strings.Join(names, "+")
	return supervise.Process{
		Name: name, Args: append([]string{"serve"}, names...), Env: l.environment(names),
		Log: l.log(name), Fatal: []int{app.ExitConfiguration},
		Ready: func(ctx context.Context) error {
			for _, s := range members {
				if err := app.CheckURL(ctx, "http://"+s.adminAddr()+"/readyz"); err != nil {
					return err
				}
			}
			return nil
		},
	}
}

// environment is the user's, with the lab's own addresses and folder.
func (l *running) environment(names []string) []string {
	own := map[string]string{
		"LAB_DATA":                    l.folder.path,
		"OTEL_EXPORTER_OTLP_ENDPOINT": "http://" + loopback(l.cfg.OTLP),
		"OTEL_EXPORTER_OTLP_HEADERS":  "", // they are for the user's collector
	}
	for _, e := range l.cfg.endpoints() {
		own[e.variable] = fmt.Sprint(*e.port)
	}
	if slices.Contains(names, "cpubound") {
		own["GOMAXPROCS"] = fmt.Sprint(l.options.cores)
	}
	environment := slices.DeleteFunc(slices.Clone(l.with.Environ), func(pair string) bool {
		name, _, _ := strings.Cut(pair, "=")
		_, replaced := own[name]
		return replaced
	})
	for name, value := range own {
		environment = append(environment, name+"="+value)
	}
	return environment
}

func (l *running) log(name string) io.Writer {
	log := newChildLog(name, filepath.Join(logsDir(l.folder.path), name+".log"), l.say)
	l.logs = append(l.logs, log)
	return log
}

// close undoes open, whatever of it has happened.
func (l *running) close() error {
	var errs []error
	for _, s := range l.servers {
		if err := s.listener.Close(); err != nil && !errors.Is(err, net.ErrClosed) {
			errs = append(errs, err)
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

// countdown calls then when each of n names has been seen once.
type countdown struct {
	mu   sync.Mutex
	left int
	seen map[string]bool
	then func()
}

func newCountdown(n int, then func()) *countdown {
	return &countdown{left: n, seen: map[string]bool{}, then: then}
}

func (c *countdown) done(name string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.seen[name] {
		return
	}
	c.seen[name] = true
	if c.left--; c.left == 0 {
		c.then()
	}
}
