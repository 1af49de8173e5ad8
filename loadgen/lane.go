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

// A lane is a connection, with the goroutine that reads from it.
//
//	connecting -> busy <-> idle -> gone
//
// The goroutine always reads, so that whoever has a job for an idle lane, the
// pacer above all, writes it at once without waking anybody, and so that the
// end of an idle connection is seen when it happens. Job and expired belong to the
// shard's lock until busy is set, then to the goroutine.
type lane struct {
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

// response is what a job's end needs to know of the response.
type response struct {
	status   int
	bytes    int64
	timing   client.Timing
	created  []byte
	received int64 // by the kernel, in nanoseconds since 1970; 0 if that is unknown
	read     time.Time
}

// late is how long the response lay in the socket, at most the service time. It
// is false if that is unknown.
func (r *response) late(service time.Duration) (time.Duration, bool) {
	if r.received == 0 {
		return 0, false
	}
	return min(max(0, time.Duration(r.read.UnixNano()-r.received)), service), true
}

func newLane(s *shard, j job) *lane {
	l := &lane{shard: s, host: j.endpoint.host, job: j}
	l.stopped, l.stop = context.WithCancel(s.engine.lanes)
	if j.endpoint.std {
		l.std = s.engine.std
		l.work = make(chan struct{}, 1)
	} else {
		l.buf = make([]byte, readBuffer)
	}
	s.engine.running.Add(1)
	return l
}

// begin makes the lane busy with a job that is being sent. It needs the shard's lock.
func (l *lane) begin(j job) {
	l.shard.flying(1, j.sent)
	l.job = j
	l.expired = false
	l.busy.Store(true)
}

// interrupt wakes the goroutine with an error. It needs the shard's lock.
func (l *lane) interrupt() {
	if l.std != nil || l.conn.Load() == nil {
		l.stop()
		return
	}
	_ = l.conn.Load().SetReadDeadline(time.Unix(1, 0)) // fails only if the connection is gone, which wakes too
}

func (l *lane) run() {
	defer l.shard.engine.running.Done()
	defer func() { l.stop() }() // the latest one
	if l.std != nil {
		l.runStd()
		return
	}
	for l.connect() && l.exchange() {
	}
	l.disconnect()
}

// connect opens the connection for the lane's job and sends that. It is false
// if the lane has ended.
func (l *lane) connect() bool {
	s := l.shard
	for {
		began := s.engine.clock.now()
		dialer := net.Dialer{Timeout: time.Duration(s.engine.timeout.Load()), KeepAlive: -1}
		conn, err := dialer.DialContext(l.stopped, "tcp", l.job.endpoint.Address())
		now := s.engine.clock.now()
		l.job.connect, l.job.sent = now-began, now
		s.mu.Lock()
		l.begin(l.job)
		if err == nil {
			l.conn.Store(arrival.NewConn(conn.(*net.TCPConn))) // network "tcp" gives no other
			if s.closed {
				l.interrupt()
			}
		}
		s.mu.Unlock()
		if err == nil {
			l.raw, _ = l.conn.Load().SyscallConn() // fails only without a connection
			l.send()
			return true
		}
		if l.finish(l.refused(err), response{}, false) == end {
			return false
		}
	}
}

func (l *lane) disconnect() {
	if conn := l.conn.Swap(nil); conn != nil {
		_ = conn.Close() // nothing of it is wanted any more
	}
}

// send writes the lane's job. The caller has made the lane busy with it.
func (l *lane) send() {
	if l.std != nil {
		l.work <- struct{}{}
		return
	}
	// The reply may come, and with it the next send, before this one has returned.
	l.writing.Lock()
	defer l.writing.Unlock()
	j := &l.job
	l.trace = j.appendTraceparent(l.trace[:0])
	l.values.Seq, l.values.Random, l.values.Traceparent = j.seq, j.random, l.trace
	l.values.Created = append(l.values.Created[:0], j.created...)
	l.out = j.endpoint.AppendRequest(l.out[:0], &l.values)
	// One attempt that does not wait: a server that does not read must not hold the pacer.
	l.wrote, l.failed = 0, nil
	if err := l.raw.Write(l.tryWrite); err != nil {
		return // the connection is gone, which the goroutine sees
	}
	if l.wrote < len(l.out) && (l.failed == nil || errors.Is(l.failed, syscall.EAGAIN)) {
		rest := append([]byte(nil), l.out[l.wrote:]...)
		if conn := l.conn.Load(); conn != nil {
			go func() { _, _ = conn.Write(rest) }() // ends with the connection
		}
	}
}

func (l *lane) tryWrite(fd uintptr) bool {
	l.wrote, l.failed = writeOnce(fd, l.out)
	return true
}

// exchange reads responses until the connection ends. It is true if a job
// waits for a new connection.
func (l *lane) exchange() bool {
	fresh := true // no byte of the response to the current job has been read
	for {
		n, err := l.conn.Load().Read(l.buf)
		if !l.busy.Load() {
			// Idle connections end; or the server sends what nobody asked for.
			if l.leave() {
				return false
			}
			return l.finish(l.lost(), response{}, false) == reconnect
		}
		if fresh {
			l.parser.Reset(l.job.endpoint.Method == "HEAD")
			fresh = false
		}
		took, complete, problem := l.parser.Feed(l.buf[:n])
		if err != nil && !complete && problem == nil {
			complete = errors.Is(err, io.EOF) && l.parser.End() == nil
		}
		var next action
		switch r := &l.parser.Response; {
		case complete:
			keep := err == nil && took == n && !r.Close && !l.shard.engine.cfg.NoKeepAlive
			next = l.finish(judge(r.Status), response{
				status: r.Status, bytes: r.Bytes, timing: r.Timing, created: r.Created, received: l.conn.Load().Last(),
			}, keep)
		case problem != nil:
			next = l.finish(record.ProtocolError, response{bytes: r.Bytes}, false)
		case err != nil:
			next = l.finish(l.lost(), response{bytes: r.Bytes}, false)
		default:
			continue
		}
		fresh = true
		switch next {
		case again:
			l.send()
		case reconnect:
			l.disconnect()
			return true
		case end:
			return false
		}
	}
}

func judge(status int) record.Outcome {
	if status >= 400 {
		return record.HTTPError
	}
	return record.OK
}

// lost says what the end of the connection means for the job.
func (l *lane) lost() record.Outcome {
	l.shard.mu.Lock()
	defer l.shard.mu.Unlock()
	switch {
	case l.expired:
		return record.Timeout
	case l.shard.closed:
		return record.Unfinished
	case l.parser.Started():
		return record.ProtocolError
	}
	return record.ConnectError
}

// refused says what it means for the job that no connection could be opened.
func (l *lane) refused(err error) record.Outcome {
	l.shard.mu.Lock()
	defer l.shard.mu.Unlock()
	var timeout net.Error
	switch {
	case l.shard.closed:
		return record.Unfinished
	case errors.As(err, &timeout) && timeout.Timeout():
		return record.Timeout
	}
	return record.ConnectError
}
