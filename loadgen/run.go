package loadgen

import (
	"context"
	"math"
	"sync"
	"time"

	"loadlab/loadgen/plan"
	"loadlab/loadgen/target"
)

// runPhase offers the load of one phase:
//
//	schedule -> (duration over, batch complete, stages over, or a request to stop) -> drain -> what is left is unfinished
func (e *Engine) runPhase(ctx context.Context, number int) {
	r := e.begin(number)
	var pacers sync.WaitGroup
	if r.phase.Loop == plan.Closed {
		r.fill()
	} else {
		for _, s := range e.sender.Shards[:r.shards] {
			pacers.Go(func() { r.pace(s) })
		}
	}
	over := e.await(ctx, r)
	ended := min(e.clock.Now(), r.schedule.Load().until)
	e.ctl.left()
	if over {
		// Pacers that are late still send what was due, unless the run is stopped meanwhile.
		r.finishing.raise()
		e.cutShort(ctx, r, &pacers)
	}
	r.stopped.raise()
	pacers.Wait()
	e.drain()
	e.results.phaseEnded(e.sender, ended, e.clock.Now())
}

// begin makes the phase the current one.
func (e *Engine) begin(number int) *phaseRun {
	phase := e.cfg.Plan.Phases[number]
	r := &phaseRun{engine: e, phase: phase, endpoints: e.perPhase[number], began: e.clock.Now(), inHeaders: map[string]bool{}, finishing: newSignal(), stopped: newSignal()}
	weights := make([]int, len(phase.Targets))
	for i := range phase.Targets {
		r.needsRow = r.needsRow || phase.Targets[i].NeedsRow()
		for name, inHeader := range phase.Targets[i].Variables() {
			r.inHeaders[name] = r.inHeaders[name] || inHeader
		}
		weights[i] = phase.Targets[i].Weight
	}
	mix := target.NewMix(weights)
	r.mix.Store(&mix)
	first := &schedule{
		profile: phase.Profile(), process: phase.Arrivals, seed: e.cfg.Seed,
		base: r.began, until: forever, warmTill: r.began + int64(phase.Warmup), replaced: newReplacement(),
	}
	if phase.Loop == plan.Batch {
		first.batch = phase.Count
	}
	if length := phase.Length(); length > 0 {
		first.until = r.began + int64(length)
	}
	r.first = first
	r.schedule.Store(first)
	r.most = math.MaxUint64
	switch {
	case phase.Loop == plan.Batch:
		r.most = uint64(phase.Count)
	case phase.Loop == plan.Closed && phase.Requests > 0:
		r.most = uint64(phase.Requests)
	}
	r.concurrency.set(phase.Concurrency, false)
	e.sender.SetTimeout(e.cfg.timeout(&r.phase))
	e.limit(r)
	e.results.phaseBegan(phase.Loop, first.warmTill)
	e.results.measure(e.sender, r.began)
	e.ctl.entered(e, r, weights)
	return r
}

// cutShort waits for the pacers, or stops them when the run is stopped.
func (e *Engine) cutShort(ctx context.Context, r *phaseRun, pacers *sync.WaitGroup) {
	done := make(chan struct{})
	go func() {
		pacers.Wait()
		close(done)
	}()
	select {
	case <-done:
	case <-ctx.Done():
	case <-e.opts.abort:
	case <-e.ctl.stop.raised:
	}
	r.stopped.raise()
	<-done
}

// await returns when nothing more is due: true if the phase is over, false if
// the run was stopped.
func (e *Engine) await(ctx context.Context, r *phaseRun) bool {
	tick := time.NewTimer(0)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return false
		case <-e.opts.abort:
			return false
		case <-e.ctl.stop.raised:
			return false
		case <-e.sender.Quiet():
			if r.complete() {
				return true
			}
		case <-tick.C:
			now := e.clock.Now()
			e.results.measure(e.sender, now)
			s := r.schedule.Load()
			if now >= s.until || r.complete() {
				return true
			}
			tick.Reset(r.untilNext(now, s.until, s.warmTill))
		}
	}
}

// How long a change of the phase's length may go unnoticed, and the end of a batch.
const (
	attention      = 50 * time.Millisecond
	batchAttention = 5 * time.Millisecond
)

// untilNext returns how long to wait for the next of these times, but no longer than a change may go unnoticed.
func (r *phaseRun) untilNext(now int64, times ...int64) time.Duration {
	wait := attention
	if r.counted() {
		wait = batchAttention
	}
	for _, at := range times {
		if at > now {
			wait = min(wait, time.Duration(at-now))
		}
	}
	return wait
}

// counted says that the phase ends with its last request.
func (r *phaseRun) counted() bool { return r.most < math.MaxUint64 }

// complete reports whether all requests of a counted phase have been sent, and have ended.
func (r *phaseRun) complete() bool {
	return r.counted() && r.turn.Load() >= r.most && r.engine.sender.Counts().Outstanding == 0 && r.concurrency.idle()
}

// drain waits for outstanding jobs, then ends them.
func (e *Engine) drain() {
	limit := time.NewTimer(e.cfg.Drain)
	defer limit.Stop()
	check := time.NewTicker(time.Millisecond)
	defer check.Stop()
	for waiting := true; waiting && e.sender.Counts().Outstanding > 0; {
		select {
		case <-check.C:
		case <-e.sender.Quiet():
		case <-limit.C:
			waiting = false
		case <-e.opts.abort:
			waiting = false
		}
	}
	if e.sender.Counts().Outstanding == 0 {
		return
	}
	e.sender.Close()
	for c := e.sender.Counts(); c.Outstanding > 0 || c.Connections > 0; c = e.sender.Counts() { // interrupted connections end at once
		<-check.C
	}
}
