package app

import (
	"net"
	"net/http"
	"sync"
	"time"
)

// unusedGrace is how long after the end of its listener a server waits for the
// first byte on a connection that has carried none.
const unusedGrace = 200 * time.Millisecond

// unused are the connections of a server on which nothing has been received.
// http.Server.Shutdown waits for them for five seconds, as for requests; clients
// open them in advance, and the address takes no connections meanwhile.
type unused struct {
	mu    sync.Mutex
	conns map[net.Conn]struct{}
}

// watchUnused follows the connections of server, which does not serve yet.
func watchUnused(server *http.Server) *unused {
	u := &unused{conns: map[net.Conn]struct{}{}}
	next := server.ConnState
	server.ConnState = func(conn net.Conn, state http.ConnState) {
		u.changed(conn, state)
		if next != nil {
			next(conn, state)
		}
	}
	return u
}

func (u *unused) changed(conn net.Conn, state http.ConnState) {
	u.mu.Lock()
	defer u.mu.Unlock()
	if state == http.StateNew {
		u.conns[conn] = struct{}{}
	} else {
		delete(u.conns, conn)
	}
}

func (u *unused) close() {
	u.mu.Lock()
	defer u.mu.Unlock()
	for conn := range u.conns {
		_ = conn.Close() // its server reports it
	}
}
