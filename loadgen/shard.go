package loadgen

import (
	"math/rand/v2"
	"slices"
	"sync"
	"time"

	"loadlab/loadgen/plan"
	"loadlab/loadgen/record"
)

// A shard owns a part of the arrivals with the connections and the records for
// them. Its lock is held for well under a microsecond, once when a request is
// sent and once when it ends; there is one shard a core, so it is seldom waited for.
type shard struct {
	engine *Engine
	number int

	mu          sync.Mutex
	random      *rand.PCG
	sets        [2]*record.Set // of the warm-up, of what is reported
	hosts       []pool
	connections []*connection
	outstanding int   // jobs scheduled and neither ended nor dropped
	inFlight    int64 // jobs sent and not ended
	inFlightNs  int64 // its integral over time
	since       int64 // when inFlight last changed
	closed      bool  // the phase is over: jobs in flight end as unfinished
}

// A pool holds the connections to one host.
type pool struct {
	idle    []*connection // the most recently used is last
	open    int
	max     int
	waiting queue
}

// maxWaiting bounds the jobs of a shard that wait for a connection to a host.
const maxWaiting = 1 << 16

const reported = 1 // index of shard.sets

func (s *shard) set(warm bool) *record.Set {
	if warm {
		return s.sets[0]
	}
	return s.sets[reported]
}

func (s *shard) targetOf(j *job) *record.Target {
	return &s.set(j.warm).Targets[j.endpoint.index]
}

// submit schedules j: on a connection that is free, on a new one, or in the
// queue for one. It never waits.
func (s *shard) submit(j job) {
	s.mu.Lock()
	c := s.assign(j, s.engine.clock.now())
	s.mu.Unlock()
	if c != nil {
		c.send()
	}
}

// assign counts j and gives it to a connection, to be sent by the caller, if one
// is returned. It needs the lock.
func (s *shard) assign(j job, now int64) *connection {
	j = s.admit(j, now)
	host := &s.hosts[j.endpoint.host]
	switch {
	case s.closed:
		s.drop(&j, record.RunEnd)
	case len(host.idle) > 0:
		c := host.idle[len(host.idle)-1]
		host.idle = host.idle[:len(host.idle)-1]
		j.sent = now
		c.begin(j)
		return c
	case host.open < host.max:
		host.open++
		c := newConnection(s, j)
		s.connections = append(s.connections, c)
		go c.run()
	case host.waiting.len() < maxWaiting:
		host.waiting.push(j)
	default:
		s.drop(&j, record.QueueFull)
	}
	return nil
}

// admit counts j as scheduled. It needs the lock.
func (s *shard) admit(j job, now int64) job {
	s.targetOf(&j).Scheduled++
	s.outstanding++
	j.identify(s.random, s.engine.cfg.TraceRatio)
	j.handed = now
	return j
}

// drop ends a job that was never sent. It needs the lock.
func (s *shard) drop(j *job, reason record.Drop) {
	s.targetOf(j).Dropped[reason]++
	s.ended(1)
	if run := s.engine.run.Load(); run.phase.Loop == plan.Closed && reason != record.RunEnd {
		time.AfterFunc(retryDelay, func() { run.restart(s) }) // a closed loop goes on after a drop too
	}
}

// ended takes n jobs off the outstanding ones. It needs the lock.
func (s *shard) ended(n int) {
	s.outstanding -= n
	if s.outstanding == 0 {
		select {
		case s.engine.quiet <- struct{}{}:
		default:
		}
	}
}

// flying changes the number of jobs in flight, keeping its integral. It needs the lock.
func (s *shard) flying(change, now int64) {
	if now > s.since {
		s.inFlightNs += s.inFlight * (now - s.since)
		s.since = now
	}
	s.inFlight += change
}

// next takes the first waiting job that is still in time. It needs the lock.
func (s *shard) next(host *pool, now int64) (job, bool) {
	for host.waiting.len() > 0 {
		j := host.waiting.pop()
		if now-j.handed <= s.engine.timeout.Load() {
			return j, true
		}
		s.drop(&j, record.Deadline)
	}
	return job{}, false
}

// expire drops the waiting jobs that are past their deadline, and wakes the
// connections whose request is.
func (s *shard) expire(now int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	limit := s.engine.timeout.Load()
	for i := range s.hosts {
		waiting := &s.hosts[i].waiting
		for waiting.len() > 0 && now-waiting.first().handed > limit {
			j := waiting.pop()
			s.drop(&j, record.Deadline)
		}
	}
	for _, c := range s.connections {
		if c.busy.Load() && c.job.sent > 0 && now-c.job.sent > limit {
			c.expired = true
			c.interrupt()
		}
	}
}

// close drops what still waits and interrupts what is in flight, which ends unfinished.
func (s *shard) close() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.closed = true
	for i := range s.hosts {
		waiting := &s.hosts[i].waiting
		for waiting.len() > 0 {
			j := waiting.pop()
			s.drop(&j, record.RunEnd)
		}
	}
	for _, c := range s.connections {
		c.stop()
		c.interrupt()
	}
}

// reopen lets the shard have that many connections to each host.
func (s *shard) reopen(limit int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.closed = false
	for i := range s.hosts {
		s.hosts[i].max = limit
	}
}

// remove forgets a connection whose goroutine ends. It needs the lock.
func (s *shard) remove(c *connection) {
	host := &s.hosts[c.host]
	host.open--
	if i := slices.Index(host.idle, c); i >= 0 {
		host.idle = slices.Delete(host.idle, i, i+1)
	}
	if i := slices.Index(s.connections, c); i >= 0 {
		s.connections = slices.Delete(s.connections, i, i+1)
	}
}

// counted is what a collection takes from a shard in addition to its records.
type counted struct {
	inFlight    int64
	inFlightFor time.Duration // request-seconds so far
	outstanding int
	open        int
}

// collect exchanges the sets for empty ones.
func (s *shard) collect(empty [2]*record.Set) ([2]*record.Set, counted) {
	s.mu.Lock()
	defer s.mu.Unlock()
	full := s.sets
	s.sets = empty
	s.flying(0, s.engine.clock.now())
	c := counted{inFlight: s.inFlight, inFlightFor: time.Duration(s.inFlightNs), outstanding: s.outstanding}
	for i := range s.hosts {
		c.open += s.hosts[i].open
	}
	return full, c
}
