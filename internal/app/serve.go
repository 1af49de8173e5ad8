package app

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"strconv"
	"time"

	"go.uber.org/zap"
	"golang.org/x/sync/errgroup"

	"loadlab/internal/arrival"
	"loadlab/internal/env"
	"loadlab/internal/guard"
	"loadlab/internal/httpserver"
	"loadlab/internal/telemetry"
	"loadlab/internal/web"
)

// Config is the configuration of a service's lifecycle, read from the environment.
type Config struct {
	Listen          string        `env:"LISTEN_ADDR" help:"address of the traffic listener; by default a port of the service's own on loopback"`
	Admin           string        `env:"ADMIN_ADDR" help:"address of the admin listener; by default on loopback, 1000 above the traffic port"`
	AdminHosts      guard.Names   `env:"ADMIN_HOSTS" help:"host names under which the admin listener is called, besides localhost and IP addresses, separated by commas; other names are answered 421"`
	Connections     int           `env:"MAX_CONNECTIONS" envDefault:"2560" min:"1" max:"100000" unit:"connections" help:"connections to the traffic listener that are open at once; a further one closes the one that has been idle for longest, else the slowest, else it is answered 503"`
	AdminConns      int           `env:"ADMIN_MAX_CONNECTIONS" envDefault:"64" min:"1" max:"100000" unit:"connections" help:"the same of the admin listener"`
	ShutdownDelay   time.Duration `env:"SHUTDOWN_DELAY" envDefault:"250ms" min:"0s" max:"1m" help:"how long requests are still accepted after a signal; each reply closes its connection"`
	ComputeSlots    web.SlotCount `env:"COMPUTE_SLOTS" envDefault:"auto" help:"how many requests compute at once while the others queue: auto (the cores that the process may use), 0 (unbounded), or up to 1024"`
	QueueTarget     time.Duration `env:"COMPUTE_QUEUE_TARGET" envDefault:"1500ms" min:"0s" max:"10m" help:"longest wait for a compute slot while the queue is overloaded: a request that has waited for it is answered 503; 0s means no bound"`
	QueueBurst      int           `env:"COMPUTE_QUEUE_BURST" envDefault:"480" min:"1" max:"100000" unit:"requests" help:"how many may wait for a compute slot before the queue counts as overloaded; a queue that grows fast does so with fewer"`
	ShutdownTimeout time.Duration `env:"SHUTDOWN_TIMEOUT" envDefault:"10s" min:"100ms" max:"5m" help:"deadline from a signal to the end of the process"`
}

// running is one service between its build and its end.
type running struct {
	name    string
	cfg     Config
	budget  time.Duration // of one request
	tel     *telemetry.Telemetry
	service *Service
	traffic net.Listener
	admin   net.Listener
	handler http.Handler
	servers []*httpserver.Server
	unused  []*unused // connections of each server

	deadline time.Time // of the end of the process; zero until there is a signal
}

// Variables returns all the declarations of a service, its own last.
func Variables(b Builder) []any {
	all := []any{&Config{}, &telemetry.Config{}, &web.Config{}}
	if b.Vars != nil {
		all = append(all, b.Vars()...)
	}
	return all
}

// serve builds all, then listens, then serves, so that nothing is half up when
// something is wrong.
func serve(ctx context.Context, stdout io.Writer, instances []Instance) (err error) {
	shared := process{loop: web.NewEventLoop()}
	var all []*running
	defer func() {
		for i := len(all) - 1; i >= 0; i-- {
			err = errors.Join(err, all[i].close())
		}
	}()
	for _, instance := range instances {
		r, err := build(ctx, stdout, instance, &shared)
		if r != nil {
			all = append(all, r)
		}
		if err != nil {
			return err
		}
	}
	group, groupCtx := errgroup.WithContext(ctx)
	for _, r := range all {
		group.Go(func() error { return r.run(groupCtx) })
	}
	return group.Wait()
}

// process is what the services of one process share.
type process struct {
	loop  *web.EventLoop
	slots *web.Slots
}

// computeSlots makes the slots when the first service asks for them.
func (p *process) computeSlots(cfg Config, getenv env.Getenv) *web.Slots {
	if p.slots == nil {
		p.slots = web.NewSlots(cfg.ComputeSlots, web.QueueBounds{Target: cfg.QueueTarget, Burst: cfg.QueueBurst}, getenv("GOMAXPROCS"))
	}
	return p.slots
}

func build(ctx context.Context, stdout io.Writer, instance Instance, shared *process) (*running, error) {
	r := &running{name: instance.Builder.Name}
	var telCfg telemetry.Config
	var webCfg web.Config
	// Everything is read once just for its errors, so that the service's own
	// variables are reported together with the others.
	if err := env.Parse(instance.Getenv, Variables(instance.Builder)...); err != nil {
		return nil, fmt.Errorf("%s: %w", r.name, err)
	}
	if err := env.Parse(instance.Getenv, &r.cfg, &telCfg, &webCfg); err != nil {
		return nil, fmt.Errorf("%s: %w", r.name, err)
	}
	r.budget = webCfg.RequestTimeout
	r.cfg.setAddresses(instance.Builder.Port)
	if err := r.listen(ctx); err != nil {
		return r, fmt.Errorf("%s: %w", r.name, err)
	}
	var err error
	id := telemetry.Identity{Service: r.name, Instance: instanceName(r.traffic.Addr()), Version: ShortVersion()}
	if r.tel, err = telemetry.New(ctx, telCfg, id, stdout); err != nil {
		return r, fmt.Errorf("%s: %w", r.name, err)
	}
	for _, warning := range telemetry.Unsupported(instance.Environ, Variables(instance.Builder)...) {
		r.tel.Log.Warn(warning)
	}
	r.service, err = instance.Builder.Build(ctx, Params{
		Getenv: instance.Getenv, Telemetry: r.tel, Web: webCfg, Loop: shared.loop, Address: r.traffic.Addr().String(),
	})
	if err != nil {
		return r, fmt.Errorf("%s: %w", r.name, err)
	}
	r.service.Server.ComputeIn(shared.computeSlots(r.cfg, instance.Getenv))
	if r.handler, err = r.service.Server.Handler(); err != nil {
		return r, fmt.Errorf("%s: %w", r.name, err)
	}
	return r, nil
}

// adminOffset is how far a service's default admin port is above its traffic port.
const adminOffset = 1000

func (c *Config) setAddresses(port int) {
	if c.Listen == "" {
		c.Listen = net.JoinHostPort("127.0.0.1", strconv.Itoa(port))
	}
	if c.Admin == "" {
		c.Admin = net.JoinHostPort("127.0.0.1", strconv.Itoa(port+adminOffset))
	}
}

func (r *running) listen(ctx context.Context) (err error) {
	if r.traffic, err = listen(ctx, "LISTEN_ADDR", r.cfg.Listen); err != nil {
		return err
	}
	r.traffic = arrival.Listen(r.traffic)
	r.admin, err = listen(ctx, "ADMIN_ADDR", r.cfg.Admin)
	return err
}

func listen(ctx context.Context, variable, address string) (net.Listener, error) {
	var config net.ListenConfig
	listener, err := config.Listen(ctx, "tcp", address)
	if err != nil {
		return nil, &env.Error{Problems: []env.Problem{{Variable: variable, Value: address,
			Reason: "cannot listen there: " + err.Error() + "; set " + variable + " to another host:port"}}}
	}
	return listener, nil
}

func instanceName(address net.Addr) string {
	host, err := os.Hostname()
	if err != nil {
		host = "localhost"
	}
	_, port, _ := net.SplitHostPort(address.String())
	return net.JoinHostPort(host, port)
}

// run serves until ctx ends or something fails, then drains.
func (r *running) run(ctx context.Context) error {
	group, ctx := errgroup.WithContext(ctx)
	admin := guard.New("ADMIN_HOSTS", r.cfg.AdminHosts).Wrap(r.service.Server.Admin(r.service.Ready))
	r.servers = []*httpserver.Server{
		r.newServer("traffic", r.cfg.Connections, r.handler, r.budget+writeGrace),
		r.newServer("admin", r.cfg.AdminConns, admin, adminWriteTimeout),
	}
	arrival.Serve(r.servers[0].Server)
	for _, server := range r.servers {
		r.tel.Registry.MustRegister(server)
		r.unused = append(r.unused, watchUnused(server.Server))
	}
	background, stopBackground := context.WithCancel(context.WithoutCancel(ctx))
	defer stopBackground()
	for i, listener := range []net.Listener{r.traffic, r.admin} {
		group.Go(func() error {
			if err := r.servers[i].Serve(listener); !errors.Is(err, http.ErrServerClosed) {
				return fmt.Errorf("serve %s: %w", listener.Addr(), err)
			}
			return nil
		})
	}
	for _, work := range r.service.Background {
		group.Go(func() error { return work(background) })
	}
	r.tel.Log.Info("serving", zap.Stringer("address", r.traffic.Addr()), zap.Stringer("admin", r.admin.Addr()),
		zap.String("version", ShortVersion()))
	group.Go(func() error {
		<-ctx.Done()
		defer stopBackground()
		return r.drain()
	})
	err := group.Wait()
	r.tel.Log.Info("stopped", zap.Error(err))
	return err
}

// drain lets every accepted request finish. For the delay the listener stays
// open and each reply asks its client to leave, so that no request is on its
// way on a connection when that connection is closed.
func (r *running) drain() error {
	r.tel.Log.Info("draining", zap.Duration("deadline", r.cfg.ShutdownTimeout))
	r.deadline = time.Now().Add(r.cfg.ShutdownTimeout)
	forRequests := r.cfg.ShutdownTimeout - min(flushTimeout, r.cfg.ShutdownTimeout/4)
	ctx, cancel := context.WithTimeout(context.Background(), forRequests)
	defer cancel()
	r.service.Server.Close()
	time.Sleep(min(r.cfg.ShutdownDelay, r.cfg.ShutdownTimeout/2))
	var errs []error
	for i, server := range r.servers {
		timer := time.AfterFunc(unusedGrace, r.unused[i].close)
		if err := server.Shutdown(ctx); err != nil {
			errs = append(errs, fmt.Errorf("requests were still in progress after %s: %w", forRequests, err), server.Close())
		}
		timer.Stop()
	}
	return errors.Join(errs...)
}

const (
	writeGrace        = 10 * time.Second // to write a reply whose request used its whole budget
	adminWriteTimeout = 2 * time.Minute  // a profile takes as long as it is asked to
	flushTimeout      = 3 * time.Second  // reserved from the deadline, at most a quarter of it
)

func (r *running) newServer(listener string, connections int, handler http.Handler, writeTimeout time.Duration) *httpserver.Server {
	return httpserver.New(httpserver.Config{
		Listener: listener, MaxConnections: connections, Handler: handler, WriteTimeout: writeTimeout,
		ErrorLog: zap.NewStdLog(r.tel.Log.WithOptions(zap.IncreaseLevel(zap.ErrorLevel))),
	})
}

// close ends what build opened, telemetry last. It can be called at any stage.
func (r *running) close() error {
	var errs []error
	for _, listener := range []net.Listener{r.traffic, r.admin} {
		if listener != nil {
			if err := listener.Close(); err != nil && !errors.Is(err, net.ErrClosed) {
				errs = append(errs, err)
			}
		}
	}
	if r.service != nil && r.service.Close != nil {
		errs = append(errs, r.service.Close())
	}
	if r.tel != nil {
		deadline := time.Now().Add(flushTimeout)
		if !r.deadline.IsZero() && r.deadline.Before(deadline) {
			deadline = r.deadline
		}
		ctx, cancel := context.WithDeadline(context.Background(), deadline)
		defer cancel()
		errs = append(errs, r.tel.Shutdown(ctx))
	}
	return errors.Join(errs...)
}
