// Package loadgen offers load to HTTP servers, measuring what became of every request.
//
// A run is described by a Config, which has no environment in it:
//
//	io, _ := target.New(target.Target{Method: "GET", URL: "http://127.0.0.1:8081/io/wait?ms=50"})
//	r, err := loadgen.Run(ctx, loadgen.Config{Plan: plan.Plan{Phases: []plan.Phase{{
//		Name: "io", Loop: plan.Open, Rate: 1000, Arrivals: pace.Even,
//		Targets: []target.Target{io}, Duration: 10 * time.Second, Warmup: time.Second,
//	}}}})
//
// The report has the achieved rate, the mean number in flight, the histograms
// of response time, service time with schedule lag, the outcomes, the parts of
// the time as the server reported them, and whether it can be trusted.
//
// Each request has three clocks:
//
//	intended ---- lag ----> sent ---- service ----> end
//	   '------------------ response -----------------'
//
// Response time counts from when the request should have been sent, so that a
// stalled server cannot hide requests that it kept from being sent. Always:
// scheduled = completed + dropped + unfinished.
//
// A call of New, with Engine.Run, does the same as Run, and lets the load be
// changed meanwhile.
package loadgen

import (
	"cmp"
	"context"
	"fmt"
	"math/rand/v2"
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"loadlab/loadgen/record"
	"loadlab/loadgen/report"
)

// An Engine makes one run.
type Engine struct {
	cfg       Config
	opts      options
	endpoints []*endpoint
	perPhase  [][]*endpoint
	hosts     int
	shards    []*shard
	pacers    int // shards that schedule requests of open loops
	std       *stdClient
	created   created
	seq       atomic.Uint64
	clock     clock
	quiet     chan struct{} // a shard has no job outstanding any more

	alive   context.Context // ends every connection
	endAll  context.CancelFunc
	running sync.WaitGroup // connections

	run atomic.Pointer[phaseRun]
	// timeout is that of the current phase, in nanoseconds.
	timeout atomic.Int64
	ctl     controls
	results results
}

// Run makes one run and returns its report. When ctx ends, nothing more is
// scheduled and requests in flight are waited for; the report is complete
// nevertheless, and no error. It fails only on a configuration that cannot be run.
func Run(ctx context.Context, cfg Config, opts ...Option) (*report.Report, error) {
	e, err := New(cfg, opts...)
	if err != nil {
		return nil, err
	}
	return e.Run(ctx), nil
}

// New prepares a run. Its error names everything in cfg that cannot be used.
func New(cfg Config, opts ...Option) (*Engine, error) {
	if err := cfg.Check(); err != nil {
		return nil, err
	}
	e := &Engine{quiet: make(chan struct{}, 1)}
	for _, opt := range opts {
		opt(&e.opts)
	}
	e.clock = newClock()
	e.cfg = cfg.withDefaults(e.clock.start)
	if err := e.prepare(); err != nil {
		return nil, err
	}
	cores := runtime.GOMAXPROCS(0)
	// Every second core, since the server may share the machine, and a thread that paces wakes up for every request.
	e.pacers = max(1, cores/2)
	for i := range cores {
		e.shards = append(e.shards, &shard{
			engine: e, number: i, hosts: make([]pool, e.hosts),
			random: rand.NewPCG(rand.Uint64(), rand.Uint64()), // ids of traces must differ between runs
			sets:   [2]*record.Set{record.NewSet(len(e.endpoints)), record.NewSet(len(e.endpoints))},
		})
	}
	e.std = newStdClient(e.cfg)
	e.results.open(len(e.endpoints))
	e.ctl.init()
	return e, nil
}

// prepare gives every different target a place in the records, and every host one in the pools.
func (e *Engine) prepare() error {
	hosts, names, places := map[string]int{}, map[string]int{}, map[string]*endpoint{}
	for i := range e.cfg.Plan.Phases {
		var endpoints []*endpoint
		for _, t := range e.cfg.Plan.Phases[i].Targets {
			if t.Scheme() == "" {
				return fmt.Errorf("phase %q: target %q was not made by target.New or target.Parse", e.cfg.Plan.Phases[i].Name, t.Name)
			}
			key := fmt.Sprintf("%q %q %q %q %q", t.Name, t.Method, t.URL, t.Body, t.Headers)
			if places[key] == nil {
				std := e.cfg.Std || t.Scheme() == "https"
				host := fmt.Sprint(t.Address(), std)
				if _, known := hosts[host]; !known {
					hosts[host] = len(hosts)
				}
				names[t.Name]++
				if n := names[t.Name]; n > 1 { // metrics tell targets apart by name
					t.Name = fmt.Sprintf("%s #%d", t.Name, n)
				}
				places[key] = &endpoint{Target: t, index: len(e.endpoints), host: hosts[host], std: std}
				e.endpoints = append(e.endpoints, places[key])
			}
			endpoints = append(endpoints, places[key])
		}
		e.perPhase = append(e.perPhase, endpoints)
	}
	e.hosts = len(hosts)
	return nil
}

// Run makes the run; it can be called once.
func (e *Engine) Run(ctx context.Context) *report.Report {
	e.clock = newClock()
	e.alive, e.endAll = context.WithCancel(context.WithoutCancel(ctx))
	keeping, stopKeeping := context.WithCancel(context.WithoutCancel(ctx))
	var helpers sync.WaitGroup
	helpers.Go(func() { e.keepTime(keeping) })
	helpers.Go(func() { e.collectEachInterval(keeping) })

	for lap := 1; ; lap++ {
		for i := range e.cfg.Plan.Phases {
			if !e.stopRequested(ctx) && (lap == 1 || !e.cfg.Plan.Phases[i].Once) {
				e.runPhase(ctx, i)
			}
		}
		if !e.cfg.Plan.Repeat || e.stopRequested(ctx) {
			break
		}
	}
	interrupted := e.stopRequested(ctx)
	e.ctl.ended.Store(true)
	e.endAll()
	for _, s := range e.shards {
		s.close()
	}
	e.running.Wait()
	stopKeeping()
	helpers.Wait()
	e.std.close()
	return e.results.report(e, interrupted)
}

// keepTime enforces the time limits of requests.
func (e *Engine) keepTime(ctx context.Context) {
	ticker := time.NewTicker(min(max(cmp.Or(e.cfg.Timeout, defaultTimeout)/50, time.Millisecond), 50*time.Millisecond))
	defer ticker.Stop()
	for {
		select {
		case <-ticker.C:
			for _, s := range e.shards {
				s.expire(e.clock.now())
			}
		case <-ctx.Done():
			return
		}
	}
}

// stopRequested reports whether the run is to end.
func (e *Engine) stopRequested(ctx context.Context) bool {
	select {
	case <-e.opts.abort:
		return true
	default:
		return ctx.Err() != nil || e.ctl.stopped.Load()
	}
}
