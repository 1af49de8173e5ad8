package send

import (
	"context"
	"math/rand/v2"
	"slices"
	"sync"

	"loadlab/loadgen/cause"
	"loadlab/loadgen/connection"
	"loadlab/loadgen/record"
)

// A Shard owns a part of the arrivals with the connections and the records for
// them. Its lock is held for well under a microsecond, once when a request is
// sent and once when it ends; there is one shard a core, so it is seldom waited for.
type Shard struct {
	Number int

	sender *Sender
	mu     sync.Mutex
	locked locked
}

// lock gives access to what the lock guards, until unlock is called.
func (s *Shard) lock() *locked {
	s.mu.Lock()
	return &s.locked
}

func (s *Shard) unlock() { s.mu.Unlock() }

// locked is what the lock of a shard guards. Its methods are reached by Shard.lock alone.
type locked struct {
	shard       *Shard
	random      *rand.PCG
	sets        Sets
	hosts       []pool
	workers     []*worker
	outstanding int // jobs scheduled and neither ended nor dropped
	flight      flight
	closed      bool // the phase is over: jobs in flight end as unfinished
}

// A pool holds the workers for one host.
type pool struct {
	idle    []*worker // the most recently used is last
	open    int
	max     int
	waiting queue
}

// maxWaiting bounds the jobs of a shard that wait for a connection to a host.
const maxWaiting = 1 << 16

func (l *locked) targetOf(j *Job) *record.Target {
	return &l.sets.of(j.Warm).Targets[j.Endpoint.Index]
}

// assign counts j and gives it to an idle worker, to a new one, or to the queue for one.
func (l *locked) assign(j Job, now int64) dispatch {
	j = l.admit(j, now)
	host := &l.hosts[j.Endpoint.Host]
	switch {
	case l.closed:
		l.drop(&j, record.RunEnd)
	case len(host.idle) > 0:
		w := host.idle[len(host.idle)-1]
		host.idle = host.idle[:len(host.idle)-1]
		l.begin(w, &j, now)
		return dispatch{conn: w.conn, request: w.request}
	case host.open < host.max:
		host.open++
		w := l.newWorker(j)
		l.workers = append(l.workers, w)
		return dispatch{start: w}
	case host.waiting.len() < maxWaiting:
		host.waiting.push(j)
	default:
		l.drop(&j, record.QueueFull)
	}
	return dispatch{}
}

// admit counts j as scheduled.
func (l *locked) admit(j Job, now int64) Job {
	l.targetOf(&j).Scheduled++
	l.outstanding++
	j.identify(l.random, l.shard.sender.cfg.TraceRatio)
	j.handed = now
	return j
}

func (l *locked) newWorker(j Job) *worker {
	s := l.shard.sender
	w := &worker{shard: l.shard, host: j.Endpoint.Host, address: j.Endpoint.Address()}
	w.job = j
	w.ctx, w.stop = context.WithCancel(s.alive)
	if j.Endpoint.Std {
		w.dial = s.transport.Dial
	} else {
		w.dial = connection.NewDialer(s.cfg.KeepAlive, s.cfg.Route).Dial
	}
	s.running.Add(1)
	return w
}

// begin makes the worker busy with a job, whose request is to be sent.
func (l *locked) begin(w *worker, j *Job, now int64) {
	j.Sent = now
	l.flight.change(1, now)
	w.job, w.state, w.expired = *j, busy, false
	w.request = j.request()
}

// opened makes the worker busy with the job for which it has connected, or has tried to.
func (l *locked) opened(w *worker, conn connection.Connection, took, now int64) connection.Request {
	w.conn = conn
	if !w.job.Endpoint.Std { // net/http connects when it sends, which counts as service
		w.job.connect = took
	}
	if l.closed {
		l.interrupt(w)
	}
	l.begin(w, &w.job, now)
	return w.request
}

// interrupted sets the outcome of a response that was cut because the worker was interrupted.
func (l *locked) interrupted(w *worker, r *connection.Response) {
	switch {
	case !r.Cut:
	case w.expired && r.Begun:
		r.Outcome, r.Cause = record.Timeout, cause.Incomplete
	case w.expired:
		r.Outcome, r.Cause = record.Timeout, cause.NoResponse
	case l.closed:
		r.Outcome, r.Cause = record.Unfinished, nil
	}
}

// record counts the result of a job. Where the generator itself was the limit, the job was never sent.
func (l *locked) record(j *Job, result *record.Result, now int64) {
	set := l.sets.of(j.Warm)
	if result.Cause.Own() {
		set.Refuse(result)
	} else {
		set.Add(result)
	}
	l.flight.change(-1, now)
}

// keeps reports whether the worker may keep a connection that can be kept.
func (l *locked) keeps(w *worker) bool { return !w.expired && !l.closed }

// hand gives the worker, whose job has ended, a job that waits, else the one that follows, if one
// does. Where that one goes to another worker, the caller dispatches it. The connection has been
// free since freed, which may be before now: then the response lay in the socket.
func (l *locked) hand(w *worker, follows, keep bool, now, freed int64) (action connection.Action, other dispatch) {
	host := &l.hosts[w.host]
	j, ok := l.next(host, now)
	if ok {
		j.freed = max(freed, j.handed)
	}
	if !ok && follows && w.follow.Endpoint.Host == w.host {
		j, ok = l.admit(w.follow, now), true
		follows = false
	}
	switch {
	case ok && keep:
		action = connection.Send
		l.begin(w, &j, now)
	case ok:
		action = connection.Close
		w.job, w.state, w.conn = j, connecting, nil
	case keep:
		action = connection.Wait
		w.state = idle
		host.idle = append(host.idle, w)
	default:
		action = connection.Close
		l.remove(w)
	}
	if follows {
		other = l.assign(w.follow, now)
	}
	l.ended(1)
	return action, other
}

// left removes an idle worker. It reports whether the worker is busy instead.
func (l *locked) left(w *worker) bool {
	if w.state == idle {
		l.remove(w)
	}
	return w.state == busy
}

func (l *locked) waits(w *worker) bool { return w.state == connecting }

// next takes the first waiting job that is still in time.
func (l *locked) next(host *pool, now int64) (Job, bool) {
	limit := int64(l.shard.sender.limit.get())
	for host.waiting.len() > 0 {
		j := host.waiting.pop()
		if now-j.handed <= limit {
			return j, true
		}
		l.drop(&j, record.Deadline)
	}
	return Job{}, false
}

// drop ends a job that was never sent.
func (l *locked) drop(j *Job, reason record.Drop) {
	l.targetOf(j).Dropped[reason]++
	l.ended(1)
	if reason != record.RunEnd {
		l.shard.sender.cfg.Dropped(l.shard)
	}
}

// ended takes n jobs off the outstanding ones.
func (l *locked) ended(n int) {
	l.outstanding -= n
	if l.outstanding == 0 {
		l.shard.sender.quiet.note()
	}
}

// expire drops the waiting jobs that are past their deadline, and interrupts the
// workers whose request is.
func (l *locked) expire(now int64) {
	limit := int64(l.shard.sender.limit.get())
	for i := range l.hosts {
		waiting := &l.hosts[i].waiting
		for waiting.len() > 0 && now-waiting.first().handed > limit {
			j := waiting.pop()
			l.drop(&j, record.Deadline)
		}
	}
	for _, w := range l.workers {
		if w.state == busy && now-w.job.Sent > limit {
			w.expired = true
			l.interrupt(w)
		}
	}
}

// close drops what still waits and interrupts what is in flight, which ends unfinished.
func (l *locked) close() {
	l.closed = true
	for i := range l.hosts {
		waiting := &l.hosts[i].waiting
		for waiting.len() > 0 {
			j := waiting.pop()
			l.drop(&j, record.RunEnd)
		}
	}
	for _, w := range l.workers {
		w.stop()
		l.interrupt(w)
	}
}

// interrupt ends the worker's connection, if it has one.
func (l *locked) interrupt(w *worker) {
	if w.conn != nil {
		w.conn.Interrupt()
	}
}

// remove forgets a worker whose goroutine ends.
func (l *locked) remove(w *worker) {
	w.state = gone
	host := &l.hosts[w.host]
	host.open--
	if i := slices.Index(host.idle, w); i >= 0 {
		host.idle = slices.Delete(host.idle, i, i+1)
	}
	if i := slices.Index(l.workers, w); i >= 0 {
		l.workers = slices.Delete(l.workers, i, i+1)
	}
}

func (l *locked) counts(now int64) Counts {
	return Counts{At: now, InFlightFor: l.flight.until(now), InFlight: l.flight.count, Outstanding: l.outstanding, Connections: len(l.workers)}
}
