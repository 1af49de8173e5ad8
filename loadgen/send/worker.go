package send

import (
	"context"
	"time"

	"loadlab/loadgen/connection"
)

// A worker sends one job after another to one host, over one connection at a time.
//
//	connecting -> busy <-> idle -> gone
//
// Its goroutine serves the connection. A pacer with a job for an idle worker therefore
// sends it at once and wakes no other goroutine.
type worker struct {
	shard   *Shard
	host    int
	address string
	dial    connection.Dial
	ctx     context.Context // ends its connecting
	stop    context.CancelFunc
	assignment
}

// assignment is what the shard's lock guards of a worker: only methods of locked use it.
type assignment struct {
	state   state
	job     Job
	request connection.Request    // of the job, while busy
	follow  Job                   // that Follow has filled
	expired bool                  // the job is past its time limit
	conn    connection.Connection // while busy or idle
}

type state uint8

const (
	connecting state = iota // for its job
	busy
	idle
	gone
)

// A dispatch is what remains to be done when a job has been assigned and the lock released.
type dispatch struct {
	start   *worker
	conn    connection.Connection // to send the request on
	request connection.Request
}

func (d *dispatch) run() {
	switch {
	case d.start != nil:
		go d.start.run()
	case d.conn != nil:
		d.conn.Send(d.request)
	}
}

func (w *worker) run() {
	defer w.shard.sender.running.Done()
	defer w.stop()
	ended := connection.Ended(w.ended)
	for w.serve(ended) {
	}
}

// serve opens a connection for the worker's job and serves it until it ends. It reports whether a job
// waits for another one.
func (w *worker) serve(ended connection.Ended) bool {
	sender := w.shard.sender
	began := sender.clock.Now()
	conn, err := w.dial(w.ctx, w.address, sender.limit.get())
	now := sender.clock.Now()
	request := w.opened(conn, now-began, now)
	if err != nil {
		refused := connection.Refused(err)
		ended(&refused)
		return w.waits()
	}
	conn.Send(request)
	conn.Serve(ended)
	if w.left() {
		lost := connection.Lost()
		ended(&lost)
	}
	return w.waits()
}

// opened makes the worker busy with its job. conn is nil if it could not be opened.
func (w *worker) opened(conn connection.Connection, took, now int64) connection.Request {
	l := w.shard.lock()
	defer w.shard.unlock()
	return l.opened(w, conn, took, now)
}

// left takes the worker off its shard if it was idle when its connection ended. It reports
// whether a job had been given to it just then.
func (w *worker) left() bool {
	l := w.shard.lock()
	defer w.shard.unlock()
	return l.left(w)
}

// waits reports whether the worker has a job for which it needs a connection.
func (w *worker) waits() bool {
	l := w.shard.lock()
	defer w.shard.unlock()
	return l.waits(w)
}

// ended records the worker's job and gives the worker the next one.
func (w *worker) ended(r *connection.Response) (connection.Action, *connection.Request) {
	sender := w.shard.sender
	read := time.Now()
	now := sender.clock.At(read)
	free := now // when the connection can carry another request
	if !r.Read.IsZero() {
		read, now = r.Read, sender.clock.At(r.Read)
	}
	if len(r.Created) > 0 {
		sender.cfg.Created(string(r.Created))
	}

	l := w.shard.lock()
	done := w.job
	l.interrupted(w, r)
	result := done.result(now, read, r)
	l.record(&done, &result, now)
	late, _ := lay(r, read, result.Service)
	follows := sender.cfg.Follow(w.shard, done.User, r.Outcome, now, &w.follow)
	action, other := l.hand(w, follows, r.Keep && l.keeps(w), free, free-int64(late))
	w.shard.unlock()

	other.run()
	if sender.cfg.Ended != nil && !r.Cause.Own() {
		sender.cfg.Ended(done, result)
	}
	return action, &w.request
}
