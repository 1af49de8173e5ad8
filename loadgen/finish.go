package loadgen

import (
	"time"

	"loadlab/loadgen/record"
)

// An action is what a connection does after a job has ended.
type action uint8

const (
	rest      action = iota // wait for a job
	again                   // send the job that it has been given
	reconnect               // likewise, on a new connection
	end
)

// finish records the connection's job and gives the connection the next one. With keep the
// connection can be used again.
func (c *connection) finish(outcome record.Outcome, r response, keep bool) action {
	s, e := c.shard, c.shard.engine
	r.read = time.Now()
	now := e.clock.at(r.read)
	done := c.job
	if len(r.created) > 0 {
		e.created.add(string(r.created))
	}
	run := e.run.Load()

	s.mu.Lock()
	result := done.result(now, outcome, r)
	s.set(done.warm).Add(&result)
	s.flying(-1, now)
	late, _ := r.late(result.Service)
	next, other := c.hand(run.answer(s, outcome, now), keep && !c.expired && !s.closed, now, now-int64(late))
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

// hand gives the connection a job that waits, else the one that follows in a closed
// loop. Where that one goes to another connection, that is returned for the
// caller to send. The connection has been free since freed, which may be before now:
// then the response lay in the socket. It needs the shard's lock.
func (c *connection) hand(follow *job, keep bool, now, freed int64) (next action, other *connection) {
	s := c.shard
	host := &s.hosts[c.host]
	j, ok := s.next(host, now)
	if ok {
		j.freed = max(freed, j.handed)
	}
	if !ok && follow != nil && follow.endpoint.host == c.host {
		j, ok = s.admit(*follow, now), true
		follow = nil
	}
	switch {
	case ok && keep:
		j.sent = now
		c.begin(j)
		next = again
	case ok:
		c.job = j
		c.busy.Store(false)
		next = reconnect
	case keep:
		c.busy.Store(false)
		host.idle = append(host.idle, c)
		next = rest
	default:
		c.busy.Store(false)
		s.remove(c)
		next = end
	}
	if follow != nil {
		other = s.assign(*follow, now)
		if other == c {
			next, other = again, nil
		}
	}
	return next, other
}

// leave ends the connection if it is idle. It is false if a job has just been sent on it.
func (c *connection) leave() bool {
	c.shard.mu.Lock()
	defer c.shard.mu.Unlock()
	if c.busy.Load() {
		return false
	}
	c.shard.remove(c)
	return true
}
