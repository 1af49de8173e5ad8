package httpserver

import (
	"container/list"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"time"
)

// connection is one that is open. Its fields belong to the lock of connections.
type connection struct {
	all  *connections
	conn net.Conn
	in   *list.List    // idle (until a head has arrived) or transferring; nil while it works
	at   *list.Element // in that list
	gone bool          // it was closed to make room
}

// connections are those of one listener. Both lists have the oldest first.
type connections struct {
	most int

	mu           sync.Mutex
	open         map[net.Conn]*connection
	idle         list.List
	transferring list.List
	closing      int // closed to make room, and not yet forgotten by the server

	ended     chan struct{} // has an element if a closing one has ended since it was last read
	lingering atomic.Int64

	closedIdle, closedSlow, refused atomic.Int64
}

func newConnections(most int) *connections {
	return &connections{most: most, open: map[net.Conn]*connection{}, ended: make(chan struct{}, 1)}
}

// A connection that was closed still takes memory until its goroutine has seen
// it. No more than mostClosing do: a flood of connections waits in the kernel.
const (
	mostClosing = 64
	closingTime = time.Second // after which one that does not end is not waited for
)

// add makes room for conn. It is false if there can be none.
func (c *connections) add(conn net.Conn) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.open) >= c.most && !c.makeRoom() {
		c.refused.Add(1)
		return false
	}
	added := &connection{all: c, conn: conn}
	c.open[conn] = added
	added.moveTo(&c.idle)
	for deadline := time.Now().Add(closingTime); c.closing > mostClosing && time.Now().Before(deadline); {
		c.mu.Unlock()
		select {
		case <-c.ended:
		case <-time.After(time.Until(deadline)):
		}
		c.mu.Lock()
	}
	return true
}

// makeRoom closes a connection that does not work, if there is one.
func (c *connections) makeRoom() bool {
	counter := &c.closedIdle
	oldest := c.idle.Front()
	if oldest == nil {
		counter, oldest = &c.closedSlow, c.transferring.Front()
	}
	if oldest == nil {
		return false
	}
	victim := oldest.Value.(*connection)
	victim.moveTo(nil)
	victim.gone = true
	delete(c.open, victim.conn)
	c.closing++
	counter.Add(1)
	_ = victim.conn.Close() // its goroutine sees the error of reading or writing
	return true
}

// moveTo needs the lock.
func (c *connection) moveTo(to *list.List) {
	if c.in != nil {
		c.in.Remove(c.at)
	}
	c.in, c.at = to, nil
	if to != nil {
		c.at = to.PushBack(c)
	}
}

// find returns the connection that add has accepted.
func (c *connections) find(conn net.Conn) *connection {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.open[conn]
}

// changed follows the server's states.
func (c *connections) changed(conn net.Conn, state http.ConnState) {
	c.mu.Lock()
	defer c.mu.Unlock()
	known := c.open[conn]
	switch state {
	case http.StateActive:
		if known != nil {
			known.moveTo(&c.transferring)
		}
	case http.StateIdle:
		if known != nil {
			known.moveTo(&c.idle)
		}
	case http.StateClosed, http.StateHijacked:
		if known != nil {
			known.moveTo(nil)
			delete(c.open, conn)
			return
		}
		c.closing--
		select {
		case c.ended <- struct{}{}:
		default:
		}
	}
}

// work keeps the connection from being closed to make room.
func (c *connection) work() { c.set(nil) }

// transfer lets it be closed again.
func (c *connection) transfer() { c.set(&c.all.transferring) }

func (c *connection) set(to *list.List) {
	c.all.mu.Lock()
	defer c.all.mu.Unlock()
	if !c.gone && c.in != to {
		c.moveTo(to)
	}
}
