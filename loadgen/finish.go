package loadgen

import (
	"time"

	"loadlab/loadgen/record"
)

// An action is what a lane does after a job has ended.
type action uint8

const (
	rest      action = iota // wait for a job
	again                   // send the job that it has been given
	reconnect               // likewise, on a new connection
	end
)

// finish records the lane's job and gives the lane the next one. With keep the
// connection can be used again.
func (l *lane) finish(outcome record.Outcome, r response, keep bool) action {
	s, e := l.shard, l.shard.engine
	r.read = time.Now()
	now := e.clock.at(r.read)
	done := l.job
	if len(r.created) > 0 {
		e.created.add(string(r.created))
	}
	run := e.run.Load()

	s.mu.Lock()
	result := done.result(now, outcome, r)
	s.set(done.warm).Add(&result)
	s.flying(-1, now)
	late, _ := r.late(result.Service)
	next, other := l.hand(run.answer(s, outcome, now), keep && !l.expired && !s.closed, now, now-int64(late))
	s.ended(1)
	s.mu.Unlock()

	if other != nil {
		other.send()
	}
	if e.opts.onResult != nil {
		e.opts.onResult(e.describe(&done, &result))
	}
	if e.opts.onSample != nil && done.sampled {
		e.opts.onSample(e.sample(&done, &result))
	}
	return next
}

// hand gives the lane a job that waits, else the one that follows in a closed
// loop. Where that one goes to another connection, that is returned for the
// caller to send. The lane has been free since freed, which may be before now:
// then the response lay in the socket. It needs the shard's lock.
func (l *lane) hand(follow *job, keep bool, now, freed int64) (next action, other *lane) {
	s := l.shard
	host := &s.hosts[l.host]
	j, ok := s.next(host, now)
	if ok {
		j.freed = max(freed, j.handed)
	}
	if !ok && follow != nil && follow.endpoint.host == l.host {
		j, ok = s.admit(*follow, now), true
		follow = nil
	}
	switch {
	case ok && keep:
		j.sent = now
		l.begin(j)
		next = again
	case ok:
		l.job = j
		l.busy.Store(false)
		next = reconnect
	case keep:
		l.busy.Store(false)
		host.idle = append(host.idle, l)
		next = rest
	default:
		l.busy.Store(false)
		s.remove(l)
		next = end
	}
	if follow != nil {
		other = s.assign(*follow, now)
		if other == l {
			next, other = again, nil
		}
	}
	return next, other
}

// leave ends the lane if it is idle. It is false if a job has just been sent on it.
func (l *lane) leave() bool {
	l.shard.mu.Lock()
	defer l.shard.mu.Unlock()
	if l.busy.Load() {
		return false
	}
	l.shard.remove(l)
	return true
}
