package loadgen

import (
	"math/rand/v2"
	"time"

	"loadlab/loadgen/send"
	"loadlab/loadgen/target"
)

// fill gives j what its placeholders need; it is false if that is not there.
func (e *Engine) fill(j *send.Job) bool {
	if j.Endpoint.Plain {
		return true
	}
	if j.Endpoint.NeedsCreated() {
		name, ok := e.created.take(j.Endpoint.Consumes())
		if !ok {
			return false
		}
		j.Created = name
	}
	if !j.Endpoint.NeedsFill() {
		return true
	}
	j.Fill = &target.Fill{Now: time.Now(), Seed: rand.Uint64()}
	if j.User != nil {
		j.Fill.Row, j.Fill.Vars = j.User.Row, j.User.Vars
		return true
	}
	ok := true
	if j.Endpoint.NeedsRow() {
		j.Fill.Row, ok = e.cfg.Data.Next()
	}
	return ok
}

// job builds a job for the endpoint.
func (r *phaseRun) job(endpoint *send.Endpoint, intended int64) send.Job {
	return send.Job{Endpoint: endpoint, Intended: intended, Seq: r.engine.seq.Add(1), Warm: intended < r.schedule.Load().warmTill}
}
