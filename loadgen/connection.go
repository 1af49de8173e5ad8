package loadgen

import (
	"context"
	"errors"
	"io"
	"net"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"loadlab/internal/arrival"
	"loadlab/loadgen/client"
	"loadlab/loadgen/record"
	"loadlab/loadgen/target"
)

// A connection goes to one host, with the goroutine that reads from it.
//
//	connecting -> busy <-> idle -> gone
//
// The goroutine always reads. A pacer with a job for an idle connection therefore
// writes it at once and wakes no other goroutine, and the end of an idle connection
// is seen when it happens. The shard's lock guards job and expired until busy is
// set; then they belong to the goroutine.
type connection struct {
	shard   *shard
	host    int
	busy    atomic.Bool
	job     job
	expired bool // past the time limit; guarded by the shard's lock

	std     *stdClient // instead of a connection of its own
	work    chan struct{}
	stopped context.Context
	stop    context.CancelFunc

	conn   atomic.Pointer[arrival.Conn]
	raw    syscall.RawConn
	parser client.Parser
	buf    []byte

	writing sync.Mutex // guards what follows
	values  target.Values
	trace   []byte
	out     []byte // the request
	wrote   int
	failed  error // of the write
}

// readBuffer holds a usual response; a longer body is read in pieces and not kept.
const readBuffer = 4 << 10

func newConnection(s *shard, j job) *connection {
	c := &connection{shard: s, host: j.endpoint.host, job: j}
	c.stopped, c.stop = context.WithCancel(s.engine.alive)
	if j.endpoint.std {
		c.std = s.engine.std
		c.work = make(chan struct{}, 1)
	} else {
		c.buf = make([]byte, readBuffer)
	}
	s.engine.running.Add(1)
	return c
}

// begin makes the connection busy with a job that is being sent. It needs the shard's lock.
func (c *connection) begin(j job) {
	c.shard.flying(1, j.sent)
	c.job = j
	c.expired = false
	c.busy.Store(true)
}

// interrupt wakes the goroutine with an error. It needs the shard's lock.
func (c *connection) interrupt() {
	if c.std != nil || c.conn.Load() == nil {
		c.stop()
		return
	}
	_ = c.conn.Load().SetReadDeadline(time.Unix(1, 0)) // fails only if the connection is gone, which wakes too
}

func (c *connection) run() {
	defer c.shard.engine.running.Done()
	defer func() { c.stop() }() // the latest one
	if c.std != nil {
		c.runStd()
		return
	}
	for c.connect() && c.exchange() {
	}
	c.disconnect()
}

// connect opens the connection for the connection's job and sends that. It is false
// if the connection has ended.
func (c *connection) connect() bool {
	s := c.shard
	for {
		began := s.engine.clock.now()
		dialer := net.Dialer{Timeout: time.Duration(s.engine.timeout.Load()), KeepAlive: -1}
		conn, err := dialer.DialContext(c.stopped, "tcp", c.job.endpoint.Address())
		now := s.engine.clock.now()
		c.job.connect, c.job.sent = now-began, now
		s.mu.Lock()
		c.begin(c.job)
		if err == nil {
			c.conn.Store(arrival.NewConn(conn.(*net.TCPConn))) // network "tcp" gives no other
			if s.closed {
				c.interrupt()
			}
		}
		s.mu.Unlock()
		if err == nil {
			c.raw, _ = c.conn.Load().SyscallConn() // fails only without a connection
			c.send()
			return true
		}
		if c.finish(c.refused(err), response{}, false) == end {
			return false
		}
	}
}

func (c *connection) disconnect() {
	if conn := c.conn.Swap(nil); conn != nil {
		_ = conn.Close() // nothing of it is wanted any more
	}
}

// send writes the connection's job. The caller has made the connection busy with it.
func (c *connection) send() {
	if c.std != nil {
		c.work <- struct{}{}
		return
	}
	// The reply may come, and with it the next send, before this one has returned.
	c.writing.Lock()
	defer c.writing.Unlock()
	j := &c.job
	c.trace = j.appendTraceparent(c.trace[:0])
	c.values.Seq, c.values.Random, c.values.Traceparent = j.seq, j.random, c.trace
	c.values.Created = append(c.values.Created[:0], j.created...)
	c.out = j.endpoint.AppendRequest(c.out[:0], &c.values)
	// One attempt that does not wait: a server that does not read must not hold the pacer.
	c.wrote, c.failed = 0, nil
	if err := c.raw.Write(c.tryWrite); err != nil {
		return // the connection is gone, which the goroutine sees
	}
	if c.wrote < len(c.out) && (c.failed == nil || errors.Is(c.failed, syscall.EAGAIN)) {
		rest := append([]byte(nil), c.out[c.wrote:]...)
		if conn := c.conn.Load(); conn != nil {
			go func() { _, _ = conn.Write(rest) }() // ends with the connection
		}
	}
}

func (c *connection) tryWrite(fd uintptr) bool {
	c.wrote, c.failed = writeOnce(fd, c.out)
	return true
}

// exchange reads responses until the connection ends. It is true if a job
// waits for a new connection.
func (c *connection) exchange() bool {
	fresh := true // no byte of the response to the current job has been read
	for {
		n, err := c.conn.Load().Read(c.buf)
		if !c.busy.Load() {
			// Idle connections end; or the server sends an unrequested reply.
			if c.leave() {
				return false
			}
			return c.finish(c.lost(), response{}, false) == reconnect
		}
		if fresh {
			c.parser.Reset(c.job.endpoint.Method == "HEAD")
			fresh = false
		}
		took, complete, problem := c.parser.Feed(c.buf[:n])
		if err != nil && !complete && problem == nil {
			complete = errors.Is(err, io.EOF) && c.parser.End() == nil
		}
		var next action
		switch r := &c.parser.Response; {
		case complete:
			keep := err == nil && took == n && !r.Close && !c.shard.engine.cfg.NoKeepAlive
			next = c.finish(judge(r.Status), response{
				status: r.Status, bytes: r.Bytes, timing: r.Timing, created: r.Created, received: c.conn.Load().Last(),
			}, keep)
		case problem != nil:
			next = c.finish(record.ProtocolError, response{bytes: r.Bytes}, false)
		case err != nil:
			next = c.finish(c.lost(), response{bytes: r.Bytes}, false)
		default:
			continue
		}
		fresh = true
		switch next {
		case again:
			c.send()
		case reconnect:
			c.disconnect()
			return true
		case end:
			return false
		}
	}
}

// lost says what the end of the connection means for the job.
func (c *connection) lost() record.Outcome {
	c.shard.mu.Lock()
	defer c.shard.mu.Unlock()
	switch {
	case c.expired:
		return record.Timeout
	case c.shard.closed:
		return record.Unfinished
	case c.parser.Started():
		return record.ProtocolError
	}
	return record.ConnectError
}

// refused says what it means for the job that no connection could be opened.
func (c *connection) refused(err error) record.Outcome {
	c.shard.mu.Lock()
	defer c.shard.mu.Unlock()
	var timeout net.Error
	switch {
	case c.shard.closed:
		return record.Unfinished
	case errors.As(err, &timeout) && timeout.Timeout():
		return record.Timeout
	}
	return record.ConnectError
}
