package loadgen

import (
	"sync/atomic"
	"time"

	"loadlab/loadgen/clock"
	"loadlab/loadgen/pace"
	"loadlab/loadgen/plan"
	"loadlab/loadgen/record"
	"loadlab/loadgen/send"
	"loadlab/loadgen/target"
)

// A phaseRun is a phase while it runs.
type phaseRun struct {
	engine    *Engine
	phase     plan.Phase
	endpoints []*send.Endpoint // in the order of the phase's targets
	mix       atomic.Pointer[target.Mix]
	began     int64 // on the engine's clock

	first       *schedule
	schedule    atomic.Pointer[schedule] // the one in force
	shards      int                      // how many of the sender's it uses
	concurrency concurrency              // of a closed loop
	turn        atomic.Uint64
	most        uint64          // requests after which it ends
	finishing   signal          // the duration is over: only what was due by then is still sent
	needsRow    bool            // a target of the chain does
	inHeaders   map[string]bool // variables of the chain, with whether a header takes them
	stopped     signal          // no further request is to be scheduled
}

// follow is send.Config.Follow.
func (e *Engine) follow(s *send.Shard, user *send.User, outcome record.Outcome, now int64, next *send.Job) bool {
	return e.run.Load().answer(s, user, outcome, now, next)
}

// dropped is send.Config.Dropped.
func (e *Engine) dropped(s *send.Shard) { e.run.Load().dropped(s) }

// newJob builds the n-th job, skipping targets whose resource has not been
// created yet; it is false if none can be used, or there is no row for it.
func (r *phaseRun) newJob(n uint64, intended int64) (send.Job, bool) {
	if r.phase.Chain {
		return r.enter(intended)
	}
	mix := r.mix.Load()
	for try := range mix.Len() {
		j := r.job(r.endpoints[mix.Pick(n+try)], intended)
		if r.engine.fill(&j) {
			return j, true
		}
		if j.Fill != nil { // no row is left, and other targets must not take its share
			return j, false
		}
	}
	return send.Job{Endpoint: r.endpoints[mix.Pick(n)], Intended: intended, Warm: intended < r.schedule.Load().warmTill}, false
}

// start schedules the job of turn n on s. A request that is past its time limit
// before it can be sent is dropped, so that a generator that cannot keep up
// says so and its lag stays bounded.
func (r *phaseRun) start(s *send.Shard, n uint64, intended int64) bool {
	j, ok := r.newJob(n, intended)
	late := r.engine.clock.Now()-intended > int64(r.engine.sender.Timeout())
	if ok && !late {
		s.Submit(j)
		return true
	}
	reason := record.NoResource
	if ok {
		reason = record.Late
	}
	s.Drop(&j, reason)
	return false
}

// retryDelay spares a server that refuses connections, and us, a closed loop at full speed.
const retryDelay = 10 * time.Millisecond

// answer sets next to the job that a closed loop sends when one has finished; it is false
// if none is to be sent at once. s is locked.
func (r *phaseRun) answer(s *send.Shard, user *send.User, outcome record.Outcome, now int64, next *send.Job) bool {
	if user != nil {
		if on, atOnce := r.proceed(s, user, outcome, now, next); on {
			return atOnce
		}
	}
	if r.phase.Loop != plan.Closed || r.concurrency.retire(r.stopped.isRaised()) {
		return false
	}
	delay := r.phase.Think
	if outcome == record.ConnectError {
		delay = max(delay, retryDelay)
	}
	if delay > 0 {
		time.AfterFunc(delay, func() { r.restart(s) })
		return false
	}
	n, ok := r.take()
	if !ok {
		return false
	}
	if *next, ok = r.newJob(n, now); !ok {
		r.turn.Add(^uint64(0)) // nothing was sent in this turn
		time.AfterFunc(retryDelay, func() { r.restart(s) })
	}
	return ok
}

// take returns the number of the next request of a closed loop. It is false if the phase has sent all of
// its requests; the one that has ended is not replaced then.
func (r *phaseRun) take() (n uint64, ok bool) {
	if n = r.turn.Add(1) - 1; n < r.most {
		return n, true
	}
	r.concurrency.retire(true)
	return n, false
}

// proceed sets next to the user's next job, if it is to be sent at once. on says that the chain goes on, then or later.
func (r *phaseRun) proceed(s *send.Shard, user *send.User, outcome record.Outcome, now int64, next *send.Job) (on, atOnce bool) {
	if !r.advance(user, outcome) || r.stopped.isRaised() {
		return false, false
	}
	if r.phase.Loop == plan.Closed && r.phase.Think > 0 {
		time.AfterFunc(r.phase.Think, func() { r.resume(s, user) })
		return true, false
	}
	if *next, atOnce = r.step(user, now); !atOnce {
		r.lost(user)
	}
	return atOnce, atOnce
}

// resume sends the user's next job after a pause.
func (r *phaseRun) resume(s *send.Shard, user *send.User) {
	if !r.stopped.isRaised() {
		if j, ok := r.step(user, r.engine.clock.Now()); ok {
			s.Submit(j)
			return
		}
		r.lost(user)
	}
	r.restart(s)
}

// dropped goes on with a closed loop, after a pause, when one of its requests was dropped.
func (r *phaseRun) dropped(s *send.Shard) {
	if r.phase.Loop == plan.Closed {
		time.AfterFunc(retryDelay, func() { r.restart(s) })
	}
}

// restart sends a request of a closed loop after a pause.
func (r *phaseRun) restart(s *send.Shard) {
	if r.concurrency.retire(r.stopped.isRaised()) {
		return
	}
	if n, ok := r.take(); ok && !r.start(s, n, r.engine.clock.Now()) {
		time.AfterFunc(retryDelay, func() { r.restart(s) })
	}
}

// fill starts as many requests as the closed loop lacks.
func (r *phaseRun) fill() {
	for !r.stopped.isRaised() && r.turn.Load() < r.most {
		number, ok := r.concurrency.claim()
		if !ok {
			return
		}
		r.restart(r.engine.sender.Shards[number%r.shards])
	}
}

// pace sends the share of the schedules' requests that belongs to s, until the phase stops.
func (r *phaseRun) pace(s *send.Shard) {
	defer clock.Precise()()
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

func (r *phaseRun) follow(s *send.Shard, plan *schedule) {
	arrivals := pace.NewArrivals(plan.profile, pace.Order{
		Process: plan.process, Seed: plan.seed, Skip: plan.skip, Share: s.Number, Shares: r.shards,
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
		now := r.engine.clock.Now()
		if r.stopped.isRaised() || r.schedule.Load() != plan && plan.replaced.before(at) {
			return false
		}
		if now >= at {
			return true
		}
		if left := time.Duration(at - now); left > exactSleep {
			r.rest(plan, left-exactSleep)
		} else {
			r.engine.clock.SleepUntil(at)
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

func (r *phaseRun) burst(s *send.Shard, plan *schedule) {
	for n := s.Number; n < plan.batch; n += r.shards {
		r.start(s, uint64(n), plan.base)
		r.turn.Add(1)
	}
}
