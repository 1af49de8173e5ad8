package loadgen

import (
	"sync/atomic"
	"time"

	"loadlab/loadgen/pace"
	"loadlab/loadgen/plan"
	"loadlab/loadgen/record"
	"loadlab/loadgen/target"
)

// A phaseRun is a phase while it runs.
type phaseRun struct {
	engine    *Engine
	phase     plan.Phase
	endpoints []*endpoint // in the order of the phase's targets
	mix       atomic.Pointer[target.Mix]
	began     int64 // on the engine's clock

	first     *schedule
	schedule  atomic.Pointer[schedule] // the one in force
	shards    int                      // how many of the engine's it uses
	goal      atomic.Int64             // closed: the concurrency asked for
	wanted    atomic.Int64             // closed: requests that should be under way, none during a pause
	active    atomic.Int64             // closed: those that are, or pause to think
	turn      atomic.Uint64
	finishing signal // the duration is over: only what was due by then is still sent
	stopped   signal // no further request is to be scheduled
}

// newJob builds the n-th job, skipping targets whose resource has not been
// created yet; it is false if none can be used.
func (r *phaseRun) newJob(n uint64, intended int64) (job, bool) {
	mix := r.mix.Load()
	for try := range mix.Len() {
		endpoint := r.endpoints[mix.Pick(n+try)]
		j := job{
			endpoint: endpoint, intended: intended, seq: r.engine.seq.Add(1),
			warm: intended < r.schedule.Load().warmTill,
		}
		if !endpoint.NeedsCreated() {
			return j, true
		}
		if name, ok := r.engine.created.take(endpoint.Consumes()); ok {
			j.created = name
			return j, true
		}
	}
	return job{endpoint: r.endpoints[mix.Pick(n)], intended: intended, warm: intended < r.schedule.Load().warmTill}, false
}

// start schedules the job of turn n on s. A request that is past its time limit
// before it can be sent is dropped, so that a generator that cannot keep up
// says so and its lag stays bounded.
func (r *phaseRun) start(s *shard, n uint64, intended int64) bool {
	j, ok := r.newJob(n, intended)
	late := r.engine.clock.now()-intended > r.engine.timeout.Load()
	if ok && !late {
		s.submit(j)
		return true
	}
	reason := record.NoResource
	if ok {
		reason = record.Late
	}
	s.mu.Lock()
	s.targetOf(&j).Scheduled++
	s.targetOf(&j).Dropped[reason]++
	s.mu.Unlock()
	return false
}

// retryDelay spares a server that refuses connections, and us, a closed loop at full speed.
const retryDelay = 10 * time.Millisecond

// answer returns the job that a closed loop sends when one has finished, if it
// is to be sent at once. It needs the lock of s.
func (r *phaseRun) answer(s *shard, outcome record.Outcome, now int64) *job {
	if r.phase.Loop != plan.Closed || r.retire() {
		return nil
	}
	delay := r.phase.Think
	if outcome == record.ConnectError {
		delay = max(delay, retryDelay)
	}
	if delay > 0 {
		time.AfterFunc(delay, func() { r.restart(s) })
		return nil
	}
	j, ok := r.newJob(r.turn.Add(1)-1, now)
	if !ok {
		time.AfterFunc(retryDelay, func() { r.restart(s) })
		return nil
	}
	return &j
}

// restart sends a request of a closed loop after a pause.
func (r *phaseRun) restart(s *shard) {
	if !r.retire() && !r.start(s, r.turn.Add(1)-1, r.engine.clock.now()) {
		time.AfterFunc(retryDelay, func() { r.restart(s) })
	}
}

// retire ends one of the closed loop's requests under way if there are too many.
func (r *phaseRun) retire() bool {
	for {
		active := r.active.Load()
		if active <= r.wanted.Load() && !r.stopped.isRaised() {
			return false
		}
		if r.active.CompareAndSwap(active, active-1) {
			return true
		}
	}
}

// fill starts as many requests as the closed loop lacks.
func (r *phaseRun) fill() {
	for !r.stopped.isRaised() {
		active := r.active.Load()
		if active >= r.wanted.Load() {
			return
		}
		if r.active.CompareAndSwap(active, active+1) {
			s := r.engine.shards[int(active)%r.shards]
			r.restart(s)
		}
	}
}

// pace sends the share of the schedules' requests that belongs to s, until the phase stops.
func (r *phaseRun) pace(s *shard) {
	defer precise()()
	for plan := r.first; plan != nil && !r.stopped.isRaised(); plan = r.successor(plan) {
		if plan.batch > 0 {
			r.burst(s, plan)
		} else {
			r.follow(s, plan)
		}
	}
}

// successor waits for the schedule that takes the place of plan. It is nil if the phase ends before.
func (r *phaseRun) successor(plan *schedule) *schedule {
	if r.schedule.Load() == plan {
		select {
		case <-plan.replaced.known:
		case <-r.finishing.raised:
			return nil
		case <-r.stopped.raised:
			return nil
		}
	}
	return plan.replaced.successor()
}

func (r *phaseRun) follow(s *shard, plan *schedule) {
	arrivals := pace.NewArrivals(plan.profile, pace.Order{
		Process: plan.process, Seed: plan.seed, Skip: plan.skip, Share: s.number, Shares: r.shards,
	})
	for {
		n, due, ok := arrivals.Next()
		at := plan.base + int64(due)
		if !ok || at >= plan.until || !r.reach(plan, at) {
			return
		}
		r.start(s, n, at)
	}
}

// reach waits for the time at. It is false if nothing of plan is due then: it
// was replaced before, or the phase has stopped.
func (r *phaseRun) reach(plan *schedule, at int64) bool {
	for {
		now := r.engine.clock.now()
		if r.stopped.isRaised() || r.schedule.Load() != plan && plan.replaced.before(at) {
			return false
		}
		if now >= at {
			return true
		}
		if left := time.Duration(at - now); left > exactSleep {
			r.rest(plan, left-exactSleep)
		} else {
			r.engine.clock.sleepUntil(at)
		}
	}
}

// exactSleep is how long before a request the thread sleeps on the system's
// clock, which is exact and cannot be interrupted. Go's timers may be late by
// more than a millisecond.
const exactSleep = 5 * time.Millisecond

// rest waits, or until plan is replaced or the phase stops.
func (r *phaseRun) rest(plan *schedule, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-plan.replaced.known:
	case <-r.stopped.raised:
	}
}

func (r *phaseRun) burst(s *shard, plan *schedule) {
	for n := s.number; n < plan.batch; n += r.shards {
		r.start(s, uint64(n), plan.base)
		r.turn.Add(1)
	}
}
