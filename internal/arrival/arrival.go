// Package arrival reports when the kernel received what is read from a TCP connection.
//
// A process that is short of processors reads late. The receive timestamp of
// the socket (SO_TIMESTAMPNS) shows how late: it is taken as the packet reaches
// the kernel, before the connection is accepted, too. It is on the wall clock,
// so a step of that clock while data waits falsifies one value.
//
// Timestamps are read on Linux on 64-bit machines; elsewhere the time of
// receipt is unknown, which is 0.
package arrival

import (
	"context"
	"errors"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
)

// Conn is a TCP connection that keeps the times of receipt of what is read
// from it, in nanoseconds since 1970.
type Conn struct {
	*net.TCPConn
	raw syscall.RawConn // nil where there are no timestamps

	reading sync.Mutex // guards the receiver
	receiver

	first, last atomic.Int64
	wrote       atomic.Int64 // when the first Write after Begin was called
}

// NewConn returns conn with its timestamps switched on, where there are any.
func NewConn(conn *net.TCPConn) *Conn {
	c := &Conn{TCPConn: conn}
	raw, err := conn.SyscallConn()
	if err == nil && enable(raw) == nil {
		c.raw = raw
		c.open()
	}
	return c
}

// Read reads as a TCP connection does.
func (c *Conn) Read(p []byte) (int, error) {
	if c.raw == nil || len(p) == 0 {
		return c.TCPConn.Read(p)
	}
	c.reading.Lock()
	defer c.reading.Unlock()
	n, at, err := c.receive(c.raw, p)
	if n > 0 && at != 0 {
		c.last.Store(at)
		if c.first.Load() == 0 {
			c.first.Store(at)
		}
	}
	if err != nil {
		return n, c.readError(err)
	}
	return n, nil
}

// readError is err as net.Conn.Read returns it: net/http knows it by that form.
func (c *Conn) readError(err error) error {
	var errno syscall.Errno
	if errors.As(err, &errno) {
		return &net.OpError{Op: "read", Net: "tcp", Source: c.LocalAddr(), Addr: c.RemoteAddr(), Err: errno}
	}
	return err
}

// Write writes as a TCP connection does.
func (c *Conn) Write(p []byte) (int, error) {
	if c.wrote.Load() == 0 {
		c.wrote.Store(time.Now().UnixNano())
	}
	return c.TCPConn.Write(p)
}

// Begin forgets the times so far: the next exchange begins.
func (c *Conn) Begin() {
	c.first.Store(0)
	c.wrote.Store(0)
}

// First is when the first data since Begin was received. Where none was read
// since then, which is so for a request that came together with the one before,
// it is Last. 0 means unknown.
func (c *Conn) First() int64 {
	if first := c.first.Load(); first != 0 {
		return first
	}
	return c.last.Load()
}

// Last is when the latest data that was read was received. 0 means unknown.
func (c *Conn) Last() int64 { return c.last.Load() }

// Wrote is when the first Write since Begin was called. 0 means that none was.
func (c *Conn) Wrote() int64 { return c.wrote.Load() }

// Listener accepts connections with timestamps.
type Listener struct{ *net.TCPListener }

// Listen prepares listener: data that arrives before its connection is accepted
// has a timestamp too.
func Listen(listener net.Listener) net.Listener {
	tcp, ok := listener.(*net.TCPListener)
	if !ok {
		return listener
	}
	if raw, err := tcp.SyscallConn(); err == nil {
		_ = enable(raw) // without timestamps the times are unknown, and everything else works
	}
	return Listener{tcp}
}

// Accept waits for a connection, which is a *Conn.
func (l Listener) Accept() (net.Conn, error) {
	conn, err := l.AcceptTCP()
	if err != nil {
		return nil, err
	}
	return NewConn(conn), nil
}

type connKey struct{}

// Serve prepares server for the connections of a Listener: Received then knows
// each request's connection.
func Serve(server *http.Server) {
	server.ConnContext = func(ctx context.Context, conn net.Conn) context.Context {
		if c, ok := conn.(*Conn); ok {
			return context.WithValue(ctx, connKey{}, c)
		}
		return ctx
	}
	server.ConnState = func(conn net.Conn, state http.ConnState) {
		if c, ok := conn.(*Conn); ok && state == http.StateIdle {
			c.Begin()
		}
	}
}

// Received is when the kernel received the request whose context is ctx, in
// nanoseconds since 1970. 0 means unknown.
func Received(ctx context.Context) int64 {
	if c, ok := ctx.Value(connKey{}).(*Conn); ok {
		return c.First()
	}
	return 0
}
