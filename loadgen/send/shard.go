package send

import "loadlab/loadgen/record"

// Submit schedules j: on a connection that is free, on a new one, or in the
// queue for one. It never waits.
func (s *Shard) Submit(j Job) {
	l := s.lock()
	d := l.assign(j, s.sender.clock.Now())
	s.unlock()
	d.run()
}

// Drop counts j as scheduled and never sent.
func (s *Shard) Drop(j *Job, reason record.Drop) {
	l := s.lock()
	defer s.unlock()
	l.targetOf(j).Scheduled++
	l.targetOf(j).Dropped[reason]++
}

// Open lets the shard have as many connections to each host.
func (s *Shard) Open(connections int) {
	l := s.lock()
	defer s.unlock()
	l.closed = false
	for i := range l.hosts {
		l.hosts[i].max = connections
	}
}

func (s *Shard) expire(now int64) {
	l := s.lock()
	defer s.unlock()
	l.expire(now)
}

func (s *Shard) close() {
	l := s.lock()
	defer s.unlock()
	l.close()
}

func (s *Shard) counts(now int64) Counts {
	l := s.lock()
	defer s.unlock()
	return l.counts(now)
}

// collect exchanges the sets for empty ones.
func (s *Shard) collect(empty Sets, now int64) (Sets, Counts) {
	l := s.lock()
	defer s.unlock()
	full := l.sets
	l.sets = empty
	return full, l.counts(now)
}
