package lab

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"
	"golang.org/x/term"

	"loadlab/experiments/cli"
	"loadlab/experiments/definition"
	"loadlab/internal/app"
	"loadlab/internal/exitcode"
	"loadlab/internal/guard"
	"loadlab/internal/httpserver"
	"loadlab/internal/supervise"
	"loadlab/lab/tracestore"
)

// experiment runs the command line of experiments; the services that they need
// are children of this process, on free ports. As the child of a running lab it
// ends with its parent.
func experiment(ctx context.Context, with Environment, _ []string) int {
	ctx, cancel := supervise.Lifeline(ctx, with.Getenv, with.Stdin, func() { with.Exit(exitcode.Error) })
	defer cancel()
	file, isFile := with.Stderr.(*os.File)
	return cli.Command{
		Program: "lab", Args: with.Args, Getenv: with.Getenv, Stdout: with.Stdout, Stderr: with.Stderr,
		Terminal: isFile && term.IsTerminal(int(file.Fd())), Colours: cli.Colours(with.Getenv, with.Stdout), Launch: launcher{with}.launch,
	}.Run(ctx)
}

// launcher starts services for an experiment.
type launcher struct{ with Environment }

// launched are the services of one experiment.
type launched struct {
	launcher
	folder    folder
	where     definition.Env
	processes []supervise.Process
	ready     *countdown
	allReady  chan struct{}
	fail      context.CancelCauseFunc
	logs      []*tail
}

// readyWithin bounds the start of all services together.
const readyWithin = 30 * time.Second

// launch is a cli.Launch.
func (l launcher) launch(ctx context.Context, processes []definition.Process, where definition.Env, use func(context.Context, definition.Env) error) (err error) {
	if len(processes) == 0 {
		return use(ctx, where)
	}
	own, err := openFolder("")
	if err != nil {
		return err
	}
	run := &launched{launcher: l, folder: own, where: where, allReady: make(chan struct{})}
	defer func() { err = errors.Join(err, own.close()) }()
	collector, err := run.prepare(ctx, processes)
	if collector != nil {
		defer collector.Close()
	}
	if err != nil {
		return err
	}
	return run.supervise(ctx, use)
}

// prepare finds an address for every instance, then describes the children. It
// may return a collector together with an error.
func (l *launched) prepare(ctx context.Context, processes []definition.Process) (collector io.Closer, err error) {
	ports := map[string]int{}
	claimed := map[int]string{}
	for _, p := range processes {
		for name, service := range p.Serve {
			if service == definition.Collector {
				var url string
				if collector, url, err = collect(ctx); err != nil {
					return nil, err
				}
				l.where.Services[name] = definition.Service{URL: url}
			} else if ports[name], err = claimPort(ctx, name, claimed); err != nil {
				return collector, err
			} else {
				l.where.Services[name] = definition.Service{URL: "http://" + loopback(ports[name]), Admin: "http://" + loopback(ports[name]+adminOffset)}
			}
		}
	}
	for _, p := range processes {
		if err := os.Mkdir(filepath.Join(l.folder.path, p.Name), 0o755); err != nil {
			return collector, fmt.Errorf("make a folder for %s: %w", p.Name, err)
		}
		if child, isChild := l.child(p, ports); isChild {
			l.processes = append(l.processes, child)
		}
	}
	if len(l.processes) == 0 {
		close(l.allReady) // a collector is there at once
	}
	l.ready = newCountdown(len(l.processes), func() { close(l.allReady) })
	return collector, nil
}

// claimPort finds a port that is free with its admin port.
func claimPort(ctx context.Context, name string, claimed map[int]string) (int, error) {
	for range 100 {
		if port := freePort(ctx, true, claimed); port != 0 {
			claimed[port], claimed[port+adminOffset] = name, name
			return port, nil
		}
	}
	return 0, fmt.Errorf("find a free port for %s, with an admin port %d above: there is none", name, adminOffset)
}

// child describes the process of p, unless that is a collector, which lives in this one.
func (l *launched) child(p definition.Process, ports map[string]int) (supervise.Process, bool) {
	known := (&Config{}).services()
	environment := l.inherited()
	for variable, value := range p.Settings {
		environment = append(environment, variable+"="+l.where.Resolve(value))
	}
	arguments := []string{"serve"}
	var admins []string
	for _, name := range slices.Sorted(maps.Keys(p.Serve)) {
		served := p.Serve[name]
		if served == definition.Collector {
			return supervise.Process{}, false
		}
		at := slices.IndexFunc(known, func(s service) bool { return s.builder.Name == served })
		environment = append(environment, fmt.Sprintf("%s=%d", known[at].variable(), ports[name]))
		arguments = append(arguments, served)
		admins = append(admins, l.where.Services[name].Admin)
	}
	data := filepath.Join(l.folder.path, p.Name)
	log := &tail{limit: 4 << 10}
	l.logs = append(l.logs, log)
	return supervise.Process{
		Name: p.Name, Args: arguments, Env: append(environment, "LAB_DATA="+data), Log: log,
		Fatal: []int{exitcode.Error, exitcode.Usage}, Ready: allReady(admins),
	}, true
}

// inherited is the user's environment without the variables that would change
// the experiment.
func (l *launched) inherited() []string {
	return slices.DeleteFunc(slices.Clone(l.with.Environ), func(pair string) bool {
		name, _, _ := strings.Cut(pair, "=")
		return !slices.Contains([]string{"PATH", "HOME", "TMPDIR", "TEMP", "TMP", "SYSTEMROOT"}, strings.ToUpper(name))
	})
}

func allReady(admins []string) func(context.Context) error {
	return func(ctx context.Context) error {
		for _, admin := range admins {
			if err := app.CheckURL(ctx, admin+"/readyz"); err != nil {
				return err
			}
		}
		return nil
	}
}

// supervise runs the children, and use as soon as all of them are ready. It
// returns when all have ended.
func (l *launched) supervise(ctx context.Context, use func(context.Context, definition.Env) error) error {
	using, fail := context.WithCancelCause(ctx)
	defer fail(nil)
	l.fail = fail
	served, stop := context.WithCancel(context.WithoutCancel(ctx))
	defer stop()
	var children errgroup.Group
	supervisor := &supervise.Supervisor{Executable: l.with.Executable, Report: l.event}
	for i, p := range l.processes {
		children.Go(func() error {
			err := supervisor.Run(served, p)
			if err != nil {
				fail(fmt.Errorf("start services: %w\n%s", err, l.logs[i]))
			}
			return nil // its cause is that of using
		})
	}
	err := l.await(using)
	if err == nil {
		err = use(using, l.where)
	}
	if ctx.Err() == nil && using.Err() != nil {
		err = context.Cause(using) // what followed from it explains less
	}
	stop()
	return errors.Join(err, children.Wait())
}

func (l *launched) await(ctx context.Context) error {
	late := time.NewTimer(readyWithin)
	defer late.Stop()
	select {
	case <-l.allReady:
		return nil
	case <-ctx.Done():
		if errors.Is(context.Cause(ctx), context.Canceled) {
			return errors.New("interrupted before the services were ready; nothing was measured")
		}
		return fmt.Errorf("start services: %w", context.Cause(ctx))
	case <-late.C:
		return fmt.Errorf("start services: they are not ready after %v", readyWithin)
	}
}

// event notes which service is ready, and ends the run when one ends unexpectedly.
func (l *launched) event(e supervise.Event) {
	switch e.Kind {
	case supervise.Ready:
		l.ready.done(e.Process)
	case supervise.Ended:
		l.fail(fmt.Errorf("%s ended during the experiment: %s", e.Process, cause(e.Cause)))
	}
}

// collectorConnections is far more than the services of an experiment open.
const collectorConnections = 256

// collect takes spans on a free port, without looking at them.
func collect(ctx context.Context) (io.Closer, string, error) {
	var config net.ListenConfig
	listener, err := config.Listen(ctx, "tcp", loopback(0))
	if err != nil {
		return nil, "", fmt.Errorf("open the collector: %w", err)
	}
	limits := tracestore.DefaultLimits()
	limits.Bytes = 1 << 20
	server := httpserver.New(httpserver.Config{Listener: "otlp", MaxConnections: collectorConnections, Handler: guard.Guard{}.Wrap(tracestore.New(limits).Receiver(nil))})
	go func() { _ = server.Serve(listener) }() // it ends with Close
	return server, "http://" + listener.Addr().String(), nil
}

// tail keeps the end of what is written to it.
type tail struct {
	mu    sync.Mutex
	limit int
	text  []byte
}

func (t *tail) Write(p []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.text = append(t.text, p...)
	if extra := len(t.text) - t.limit; extra > 0 {
		t.text = bytes.Clone(t.text[extra:])
	}
	return len(p), nil
}

func (t *tail) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return string(t.text)
}
