package loadgen

import (
	"net/http/cookiejar"
	"sync/atomic"

	"loadlab/loadgen/record"
	"loadlab/loadgen/report"
	"loadlab/loadgen/send"
)

// chains counts what became of those that began after the warm-up.
type chains struct{ started, completed, failed atomic.Uint64 }

// report is nil if there was none.
func (c *chains) report() *report.Chains {
	all := report.Chains{Completed: c.completed.Load(), Failed: c.failed.Load()}
	if all.Started = c.started.Load(); all.Started == 0 {
		return nil
	}
	return &all
}

// enter builds the first job of a new virtual user; ok is false if there is no row for it.
func (r *phaseRun) enter(intended int64) (j send.Job, ok bool) {
	user := &send.User{Vars: map[string]string{}, InHeaders: r.inHeaders, Warm: intended < r.schedule.Load().warmTill}
	if r.engine.cfg.Cookies {
		user.Jar, _ = cookiejar.New(nil) // never fails
	}
	ok = true
	if r.needsRow {
		user.Row, ok = r.engine.cfg.Data.Next()
	}
	if ok {
		j, ok = r.step(user, intended)
	} else {
		j = r.job(r.endpoints[0], intended)
	}
	if ok && !user.Warm {
		r.engine.chains.started.Add(1)
	}
	return j, ok
}

// step builds the job of the user's step.
func (r *phaseRun) step(user *send.User, intended int64) (send.Job, bool) {
	j := r.job(r.endpoints[user.Step], intended)
	j.User = user
	return j, r.engine.fill(&j)
}

// advance takes the user to the next step; it is false if the chain has ended.
func (r *phaseRun) advance(user *send.User, outcome record.Outcome) bool {
	if outcome == record.OK && user.Step+1 < len(r.endpoints) {
		user.Step++
		return true
	}
	switch {
	case user.Warm || outcome == record.Unfinished:
	case outcome == record.OK:
		r.engine.chains.completed.Add(1)
	default:
		r.engine.chains.failed.Add(1)
	}
	return false
}

// lost counts a chain whose next request cannot be filled.
func (r *phaseRun) lost(user *send.User) {
	if !user.Warm {
		r.engine.chains.failed.Add(1)
	}
}
