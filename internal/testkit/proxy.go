package testkit

import (
	"errors"
	"net"
	"sync"
	"testing"
	"time"
)

// Link is the state of the network that a Proxy is.
type Link int

// States of a link.
const (
	Whole  Link = iota // carries everything
	Cut                // new connections are refused, those that were open have ended
	Silent             // takes connections and carries nothing; what was sent arrives when the link is whole again
	Reset              // every connection, old or new, is reset
)

// String names the state for a report.
func (l Link) String() string { return [...]string{"whole", "cut", "silent", "reset"}[l] }

// Proxy is the network between two parts: it carries TCP connections to another
// address until a test breaks it. It is whole at first.
type Proxy struct {
	Address string // on loopback, for the part that connects

	t        testing.TB
	mu       sync.Mutex
	changed  *sync.Cond // the state
	state    Link
	to       string
	listener net.Listener // nil while the link is cut
	open     map[*net.TCPConn]struct{}
	working  sync.WaitGroup
}

// NewProxy returns a proxy that ends with the test. Connections are carried to
// the address that Forward names, and wait until it has been called.
func NewProxy(t testing.TB) *Proxy {
	t.Helper()
	p := &Proxy{t: t, open: map[*net.TCPConn]struct{}{}}
	p.changed = sync.NewCond(&p.mu)
	p.listen("127.0.0.1:0")
	t.Cleanup(func() {
		p.Become(Cut)
		p.working.Wait()
	})
	return p
}

// Forward names the address, host and port, that connections are carried to.
func (p *Proxy) Forward(to string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.to = to
	p.changed.Broadcast()
}

// Become changes the state of the link, for connections that are open too.
func (p *Proxy) Become(state Link) {
	p.t.Helper()
	p.mu.Lock()
	p.state = state
	if state == Cut || state == Reset {
		for connection := range p.open {
			p.end(connection)
		}
	}
	listener := p.listener
	if state == Cut {
		p.listener = nil
	}
	p.changed.Broadcast()
	p.mu.Unlock()
	switch {
	case state == Cut && listener != nil:
		_ = listener.Close() // it can only be closed already
	case state != Cut && listener == nil:
		p.listen(p.Address)
	}
}

// listen claims the address, which another program may have as the local end of
// a connection for a moment.
func (p *Proxy) listen(address string) {
	p.t.Helper()
	var listener net.Listener
	var err error
	for deadline := time.Now().Add(startLimit); time.Now().Before(deadline); time.Sleep(pollEvery) {
		if listener, err = net.Listen("tcp", address); err == nil {
			break
		}
	}
	if err != nil {
		p.t.Fatalf("listen as a proxy: %v", err)
	}
	p.mu.Lock()
	p.listener, p.Address = listener, listener.Addr().String()
	p.mu.Unlock()
	p.working.Go(func() { p.accept(listener) })
}

func (p *Proxy) accept(listener net.Listener) {
	for {
		connection, err := listener.Accept()
		if errors.Is(err, net.ErrClosed) {
			return
		} else if err == nil {
			p.working.Go(func() { p.carry(connection.(*net.TCPConn)) })
		}
	}
}

// carry copies between the caller and a connection of its own to the callee
// until either ends.
func (p *Proxy) carry(caller *net.TCPConn) {
	defer p.forget(caller)
	to := p.pass(caller)
	if to == "" {
		return
	}
	dialled, err := net.DialTimeout("tcp", to, startLimit)
	if err != nil {
		return // the caller learns of it by the end of its connection
	}
	callee := dialled.(*net.TCPConn)
	defer p.forget(callee)
	if p.pass(callee) == "" {
		return
	}
	var both sync.WaitGroup
	both.Go(func() { p.copy(callee, caller) })
	both.Go(func() { p.copy(caller, callee) })
	both.Wait()
}

// pass notes the connection, waits until the link carries something, and returns
// the address of the callee, "" if the connection has ended instead.
func (p *Proxy) pass(connection *net.TCPConn) (to string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.open[connection] = struct{}{}
	for {
		switch {
		case p.state == Cut || p.state == Reset:
			p.end(connection)
			return ""
		case p.state == Whole && p.to != "":
			return p.to
		}
		p.changed.Wait()
	}
}

// copy carries one direction and passes its end on. A connection that broke ends
// the other one too.
func (p *Proxy) copy(to, from *net.TCPConn) {
	buffer := make([]byte, 32<<10)
	for {
		n, err := from.Read(buffer)
		if p.pass(from) == "" {
			_ = to.Close()
			return
		}
		if n > 0 {
			if _, err := to.Write(buffer[:n]); err != nil {
				_ = from.Close()
				return
			}
		}
		if err != nil {
			_ = to.CloseWrite() // it fails only if the connection has ended
			return
		}
	}
}

// end closes a connection as the state says; p.mu is held.
func (p *Proxy) end(connection *net.TCPConn) {
	if p.state == Reset {
		_ = connection.SetLinger(0) // closing then resets
	}
	_ = connection.Close() // it can only be closed already
}

func (p *Proxy) forget(connection *net.TCPConn) {
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.open, connection)
	p.end(connection)
}
