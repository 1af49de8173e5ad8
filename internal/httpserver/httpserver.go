// Package httpserver serves HTTP on a bounded number of connections.
//
// A connection works from the end of its request's body to the begin of the
// reply. Until a head has arrived it is idle; then it transfers a body or a reply
// at the speed of its client. One connection too many closes the one that has
// been idle for longest; if none is idle, the one whose transfer began first;
// and if all of them work, it is itself answered 503. So clients that only hold
// connections never keep others out.
package httpserver

import (
	"context"
	"io"
	"log"
	"net"
	"net/http"
	"time"
)

// Limits of every server that a client meets before any handler.
const (
	readHeaderTimeout = 5 * time.Second
	readTimeout       = 10 * time.Second // of a whole request, unless its handler sets another
	idleTimeout       = 2 * time.Minute
	maxHeaderBytes    = 16 << 10
)

// Config describes a server.
type Config struct {
	Listener       string // label of the metrics
	MaxConnections int    // open at once, at least 1
	Handler        http.Handler
	WriteTimeout   time.Duration // from the end of the head to the end of the reply, unless the handler sets another
	ErrorLog       *log.Logger   // nil is the standard logger
}

// Server is an http.Server with a bounded number of connections. It is a
// prometheus.Collector.
type Server struct {
	*http.Server
	connections *connections
	metrics     metrics
}

// New returns a server that has to be served on one listener.
func New(cfg Config) *Server {
	s := &Server{connections: newConnections(cfg.MaxConnections), metrics: newMetrics(cfg.Listener)}
	s.Server = &http.Server{
		Handler:           watch(cfg.Handler),
		ReadHeaderTimeout: readHeaderTimeout,
		ReadTimeout:       readTimeout,
		WriteTimeout:      cfg.WriteTimeout,
		IdleTimeout:       idleTimeout,
		MaxHeaderBytes:    maxHeaderBytes,
		ErrorLog:          cfg.ErrorLog,
	}
	return s
}

// Serve serves until Shutdown or Close, and returns http.ErrServerClosed then.
// The server's ConnContext and ConnState are called too.
func (s *Server) Serve(listener net.Listener) error {
	inContext, inState := s.ConnContext, s.ConnState
	s.ConnContext = func(ctx context.Context, conn net.Conn) context.Context {
		if inContext != nil {
			ctx = inContext(ctx, conn)
		}
		return context.WithValue(ctx, connectionKey{}, s.connections.find(conn))
	}
	s.ConnState = func(conn net.Conn, state http.ConnState) {
		s.connections.changed(conn, state)
		if inState != nil {
			inState(conn, state)
		}
	}
	return s.Server.Serve(bounded{listener, s.connections})
}

// bounded makes room for each connection that it accepts.
type bounded struct {
	net.Listener
	connections *connections
}

// Accept waits for a connection for which there is room.
func (b bounded) Accept() (net.Conn, error) {
	for {
		conn, err := b.Listener.Accept()
		if err != nil {
			return nil, err
		}
		if b.connections.add(conn) {
			return conn, nil
		}
		b.connections.refuse(conn)
	}
}

const (
	lingerTime = 500 * time.Millisecond // for a client to read why it was refused
	maxLinger  = 64                     // connections that are given it at once
)

const refusal = `{"type":"about:blank","title":"Service Unavailable","status":503,` +
	`"detail":"all connections of this listener are at work, and there is no room for another"}` + "\n"

const refusalHead = "HTTP/1.1 503 Service Unavailable\r\nContent-Type: application/problem+json\r\n" +
	"Retry-After: 1\r\nConnection: close\r\n\r\n"

// refuse answers 503 and closes. Closing at once would reset the connection if
// the client has sent something, and with it discard the answer.
func (c *connections) refuse(conn net.Conn) {
	if c.lingering.Add(1) > maxLinger {
		c.lingering.Add(-1)
		_ = conn.Close()
		return
	}
	go func() {
		defer c.lingering.Add(-1)
		defer conn.Close()
		_ = conn.SetDeadline(time.Now().Add(lingerTime))
		if _, err := io.WriteString(conn, refusalHead+refusal); err != nil {
			return
		}
		if half, ok := conn.(interface{ CloseWrite() error }); ok && half.CloseWrite() == nil {
			_, _ = io.Copy(io.Discard, conn)
		}
	}()
}
