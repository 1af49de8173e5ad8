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
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"loadlab/loadgen/clock"
	"loadlab/loadgen/connection"
	"loadlab/loadgen/report"
	"loadlab/loadgen/route"
	"loadlab/loadgen/send"
)

// An Engine makes one run:
//
//	plan -> schedule (phaseRun) -> send -> record (results) -> report
type Engine struct {
	cfg       Config
	opts      options
	endpoints []*send.Endpoint
	perPhase  [][]*send.Endpoint
	hosts     int
	pacers    int // shards that schedule requests of open loops
	created   created
	chains    chains
	seq       atomic.Uint64
	clock     *clock.Clock

	run     atomic.Pointer[phaseRun]
	sender  *send.Sender
	results results
	ctl     controls
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
	e := &Engine{clock: clock.New(), ctl: controls{stop: newSignal()}}
	for _, opt := range opts {
		opt(&e.opts)
	}
	e.cfg = cfg.withDefaults(e.clock.Start())
	if err := e.prepare(); err != nil {
		return nil, err
	}
	cores := runtime.GOMAXPROCS(0)
	// Every second core, since the server may share the machine, and a thread that paces wakes up for every request.
	e.pacers = max(1, cores/2)
	e.sender = send.New(send.Config{
		Shards: cores, Hosts: e.hosts, Targets: len(e.endpoints), TraceRatio: e.cfg.TraceRatio,
		KeepAlive: !e.cfg.NoKeepAlive, ConnectTimeout: e.cfg.Timeout, Route: route.New(e.cfg.Route),
		Redirects: connection.Redirects{Most: e.cfg.Redirects, Allowed: e.cfg.mayFollow},
		Created:   e.created.add, Follow: e.follow, Dropped: e.dropped, Ended: e.opts.ended(e.clock),
	}, e.clock)
	e.results.open(len(e.endpoints))
	return e, nil
}

// prepare gives every different target a place in the records, and every host one in the pools.
func (e *Engine) prepare() error {
	hosts, names, places := map[string]int{}, map[string]int{}, map[string]*send.Endpoint{}
	for i := range e.cfg.Plan.Phases {
		var endpoints []*send.Endpoint
		for _, t := range e.cfg.Plan.Phases[i].Targets {
			if t.Scheme() == "" {
				return fmt.Errorf("phase %q: target %q was not made by target.New or target.Parse", e.cfg.Plan.Phases[i].Name, t.Name)
			}
			key := fmt.Sprintf("%q %q %q %q %q %q %q", t.Name, t.Method, t.URL, t.Body, t.Headers, t.Checks, t.Extract)
			if places[key] == nil {
				std := len(e.cfg.needsStd(&t)) > 0
				host := fmt.Sprint(t.Address(), std)
				if _, known := hosts[host]; !known {
					hosts[host] = len(hosts)
				}
				names[t.Name]++
				if n := names[t.Name]; n > 1 { // metrics tell targets apart by name
					t.Name = fmt.Sprintf("%s #%d", t.Name, n)
				}
				places[key] = &send.Endpoint{Target: t, Plain: !t.NeedsCreated() && !t.NeedsFill(), Index: len(e.endpoints), Host: hosts[host], Std: std}
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
	e.clock.Restart()
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
	e.sender.End()
	stopKeeping()
	helpers.Wait()
	return e.report(interrupted)
}

// keepTime enforces the time limits of requests.
func (e *Engine) keepTime(ctx context.Context) {
	ticker := time.NewTicker(min(max(cmp.Or(e.cfg.Timeout, defaultTimeout)/50, time.Millisecond), 50*time.Millisecond))
	defer ticker.Stop()
	for {
		select {
		case <-ticker.C:
			e.sender.Expire()
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
		return ctx.Err() != nil || e.ctl.stop.isRaised()
	}
}
