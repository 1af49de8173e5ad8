package outbound

import (
	"context"
	"net"
	"net/http/httptrace"
	"sync/atomic"
	"time"

	"loadlab/internal/arrival"
)

// A Call measures one request that is sent with its context.
//
//	began --own--> written ......... reply received --own--> ended
//
// Between the two the request is on the network or with the callee. What is
// left is the caller's own delay: it waited for a connection, or its goroutines
// waited for a processor while the reply lay in the socket.
type Call struct {
	began time.Time
	conn  atomic.Pointer[connection]
	fresh atomic.Bool // the connection was opened for this call
}

// connection is an outbound connection with the time that opening it took.
type connection struct {
	*arrival.Conn
	dialled time.Duration
}

// Measure begins a call.
func Measure(ctx context.Context) (context.Context, *Call) {
	c := &Call{began: time.Now()}
	return httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{GotConn: func(info httptrace.GotConnInfo) {
		if conn, ok := info.Conn.(*connection); ok {
			conn.Begin()
			c.fresh.Store(!info.Reused)
			c.conn.Store(conn)
		}
	}}), c
}

// End returns how long the call took, and how much of that was the caller's own
// delay. Opening a connection is none. Where receive timestamps are missing, the
// delay after the reply is unknown, and left out.
func (c *Call) End() (took, own time.Duration) {
	took = time.Since(c.began)
	conn := c.conn.Load()
	if conn == nil {
		return took, 0
	}
	wrote := conn.Wrote()
	if wrote == 0 {
		return took, 0
	}
	opening := time.Duration(0)
	if c.fresh.Load() {
		opening = conn.dialled
	}
	away := time.Duration(conn.Last() - wrote)
	if away <= 0 {
		before := time.Duration(wrote - c.began.UnixNano())
		return took, min(took, max(0, before-opening))
	}
	return took, max(0, took-away-opening)
}

// dial opens a connection with receive timestamps.
func dial(ctx context.Context, network, address string) (net.Conn, error) {
	began := time.Now()
	dialer := net.Dialer{Timeout: dialTimeout, KeepAlive: keepAlive}
	conn, err := dialer.DialContext(ctx, network, address)
	if err != nil {
		return nil, err
	}
	tcp, ok := conn.(*net.TCPConn)
	if !ok {
		return conn, nil
	}
	return &connection{arrival.NewConn(tcp), time.Since(began)}, nil
}

const (
	dialTimeout = 2 * time.Second
	keepAlive   = 30 * time.Second
)
