package loadgen

import (
	"time"

	"loadlab/loadgen/pace"
)

// A schedule is what the pacers follow until another takes its place.
type schedule struct {
	profile  pace.Profile
	process  pace.Process
	skip     float64
	seed     uint64
	base     int64 // profile's zero on the engine's clock
	until    int64 // no request is due from here on
	batch    int   // instead of a profile: so many at once
	warmTill int64
	replaced *replacement
}

const forever = int64(1<<63 - 1)

// A replacement tells those who follow a schedule when it ended before its time,
// and what followed. A pacer may be late: it still sends what was due by then.
type replacement struct {
	known chan struct{} // closed when the rest is set
	at    int64
	by    *schedule
}

func newReplacement() *replacement { return &replacement{known: make(chan struct{})} }

// before blocks until the replacement is decided, then reports whether it took effect by at.
func (r *replacement) before(at int64) bool {
	<-r.known
	return r.at <= at
}

func (r *replacement) decide(at int64, by *schedule) {
	r.at, r.by = at, by
	close(r.known)
}

func (r *replacement) successor() *schedule {
	<-r.known
	return r.by
}

// replace puts what next makes in the place of the schedule, and returns when
// that was. Every request due before is the old one's, every later one the new
// one's: none is lost, and none is sent by both.
func (*steering) replace(r *phaseRun, next func(now int64) *schedule) int64 {
	old := r.schedule.Load()
	r.schedule.Store(old.copied()) // from here on pacers that follow old ask before they send
	now := r.engine.clock.Now()
	by := next(now)
	r.schedule.Store(by)
	old.replaced.decide(now, by)
	return now
}

// copied is a schedule of its own with the same content.
func (s *schedule) copied() *schedule {
	next := *s
	next.replaced = newReplacement()
	return &next
}

// idle is the schedule during a pause of s.
func (s *schedule) idle() *schedule {
	return &schedule{process: s.process, until: forever, warmTill: s.warmTill, replaced: newReplacement()}
}

// patched is the schedule with the rate or the arrivals of p from now on. What
// was due earlier stays as it was.
func (s *schedule) patched(p Patch, now int64) *schedule {
	next := s.copied()
	next.skip = s.profile.Expected(time.Duration(now - s.base))
	next.seed++ // not the same arrivals again
	if p.Arrivals != nil {
		next.process = *p.Arrivals
	}
	if p.Rate != nil {
		next.profile, next.base, next.skip = pace.Constant(*p.Rate), now, 0
	}
	return next
}

// shifted is the schedule as it goes on after a pause.
func (s *schedule) shifted(pausedAt, now int64) *schedule {
	next := s.copied()
	pause := now - pausedAt
	next.skip = s.profile.Expected(time.Duration(pausedAt - s.base))
	next.base += pause
	if next.until != forever {
		next.until += pause
	}
	if next.warmTill > pausedAt {
		next.warmTill += pause
	}
	next.seed++
	return next
}
