package yardstick

import (
	"bytes"
	"errors"
	"fmt"
	"net"
	"slices"
	"sync"
	"time"
)

// The explicit keep-alive is for the peer that speaks HTTP/1.0.
const reply = "HTTP/1.1 200 OK\r\nConnection: keep-alive\r\nContent-Type: text/plain\r\nContent-Length: 2\r\n\r\nok"

// headLimit bounds the bytes of a request, which has no body.
const headLimit = 4096

// server answers GET requests and notes when it read each of them. It lives in
// the harness's own process, so that its CPU time is no generator's, and what it
// counts is one yardstick for all of them.
type server struct {
	listener net.Listener
	base     time.Time
	conns    sync.WaitGroup

	mu    sync.Mutex
	open  map[*served]struct{}
	ended tally
	delay time.Duration
	stamp bool
}

// tally is what the server saw since the last reset.
type tally struct {
	requests int
	arrivals []time.Duration // since the server's start, unordered; only if asked for
	holds    []time.Duration // from read to write; only if asked for
}

func (t *tally) add(o tally) {
	t.requests += o.requests
	t.arrivals = append(t.arrivals, o.arrivals...)
	t.holds = append(t.holds, o.holds...)
}

// served is one connection; its lock is never contended while a run goes on.
type served struct {
	conn net.Conn
	mu   sync.Mutex
	seen tally
}

// serve starts a server at a free port of the loopback.
func serve() (*server, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0") //nolint:noctx // ends with close
	if err != nil {
		return nil, fmt.Errorf("listen for the peers: %w", err)
	}
	s := &server{listener: listener, base: time.Now(), open: map[*served]struct{}{}}
	s.conns.Go(s.accept)
	return s, nil
}

func (s *server) url() string { return "http://" + s.listener.Addr().String() + "/" }

// close ends every connection and waits for the goroutines.
func (s *server) close() {
	s.listener.Close()
	s.mu.Lock()
	for c := range s.open {
		c.conn.Close()
	}
	s.mu.Unlock()
	s.conns.Wait()
}

// reset forgets what was seen. Connections opened from now on are answered
// after delay; with stamp the time of each request is kept.
func (s *server) reset(delay time.Duration, stamp bool) {
	s.seen()
	s.mu.Lock()
	defer s.mu.Unlock()
	s.delay, s.stamp = delay, stamp
}

// seen takes what was seen since the last call.
func (s *server) seen() tally {
	s.mu.Lock()
	defer s.mu.Unlock()
	all := s.ended
	s.ended = tally{}
	for c := range s.open {
		c.mu.Lock()
		all.add(c.seen)
		c.seen = tally{}
		c.mu.Unlock()
	}
	slices.Sort(all.arrivals)
	return all
}

func (s *server) accept() {
	for {
		conn, err := s.listener.Accept()
		if errors.Is(err, net.ErrClosed) {
			return
		} else if err != nil {
			continue // the client was gone before it was accepted
		}
		c := &served{conn: conn}
		s.mu.Lock()
		s.open[c] = struct{}{}
		delay, stamp := s.delay, s.stamp
		s.mu.Unlock()
		s.conns.Go(func() {
			s.answer(c, delay, stamp)
			conn.Close()
			s.mu.Lock()
			delete(s.open, c)
			s.ended.add(c.seen)
			s.mu.Unlock()
		})
	}
}

// answer serves one connection until either side ends it. Pipelined requests
// are answered one after the other.
func (s *server) answer(c *served, delay time.Duration, stamp bool) {
	buffer, filled, out := make([]byte, headLimit), 0, []byte(reply)
	for filled < headLimit {
		n, err := c.conn.Read(buffer[filled:])
		if err != nil {
			return
		}
		read := time.Since(s.base)
		filled += n
		for {
			end := bytes.Index(buffer[:filled], []byte("\r\n\r\n"))
			if end < 0 {
				break
			}
			filled = copy(buffer, buffer[end+4:filled])
			if delay > 0 {
				sleep(delay)
			}
			c.note(read, time.Since(s.base)-read, stamp)
			if _, err := c.conn.Write(out); err != nil {
				return
			}
		}
	}
}

func (c *served) note(read, held time.Duration, stamp bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.seen.requests++
	if stamp {
		c.seen.arrivals = append(c.seen.arrivals, read)
		c.seen.holds = append(c.seen.holds, held)
	}
}
