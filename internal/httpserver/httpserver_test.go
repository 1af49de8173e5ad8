package httpserver_test

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"go.uber.org/goleak"

	"loadlab/internal/httpserver"
	"loadlab/internal/testkit"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// served is a server with few connections. Its handler reads the body, except at
// /refused, then waits for release at /wait, or sends a reply without an end at
// /endless.
type served struct {
	t        *testing.T
	address  string
	release  chan struct{}
	working  chan struct{} // an element for each request of /slow that has begun, and of /wait that waits
	idle     chan struct{} // an element for each time that a connection has become idle
	registry *prometheus.Registry
}

func serve(t *testing.T, connections int) *served {
	t.Helper()
	s := &served{t: t, release: make(chan struct{}), working: make(chan struct{}, connections), idle: make(chan struct{}, 1000), registry: prometheus.NewRegistry()}
	server := httpserver.New(httpserver.Config{
		Listener: "test", MaxConnections: connections, WriteTimeout: time.Minute,
		Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			switch r.URL.Path {
			case "/refused":
				w.WriteHeader(http.StatusRequestEntityTooLarge)
				return
			case "/slow":
				s.working <- struct{}{}
			}
			if _, err := io.Copy(io.Discard, r.Body); err != nil {
				return
			}
			switch r.URL.Path {
			case "/wait":
				s.working <- struct{}{}
				<-s.release
			case "/endless":
				for piece := make([]byte, 64<<10); ; {
					if _, err := w.Write(piece); err != nil {
						return
					}
				}
			}
			fmt.Fprintln(w, "served")
		}),
	})
	server.ConnState = func(_ net.Conn, state http.ConnState) {
		if state == http.StateIdle {
			s.idle <- struct{}{}
		}
	}
	s.registry.MustRegister(server)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s.address = listener.Addr().String()
	ended := make(chan error)
	go func() { ended <- server.Serve(listener) }()
	t.Cleanup(func() {
		server.Close()
		if err := <-ended; !errors.Is(err, http.ErrServerClosed) {
			t.Errorf("the server ended with %v", err)
		}
	})
	return s
}

// send opens a connection and writes text to it.
func (s *served) send(text string) *bufio.ReadWriter {
	s.t.Helper()
	conn, err := net.Dial("tcp", s.address)
	if err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(func() { conn.Close() })
	if err := conn.SetDeadline(time.Now().Add(time.Minute)); err != nil {
		s.t.Fatal(err)
	}
	both := bufio.NewReadWriter(bufio.NewReader(conn), bufio.NewWriterSize(conn, 0))
	both.WriteString(text)
	both.Flush() // one that was closed already shows when it is read
	return both
}

const request = "GET / HTTP/1.1\r\nHost: a\r\n\r\n"

// isServed sends a further request on a connection.
func isServed(conn *bufio.ReadWriter) bool {
	conn.WriteString(request)
	conn.Flush()
	return reply(conn) == http.StatusOK
}

// reply is the status of the next reply, or 0 if the connection ends before.
func reply(conn *bufio.ReadWriter) int {
	response, err := http.ReadResponse(conn.Reader, nil)
	if err != nil {
		return 0
	}
	if _, err := io.Copy(io.Discard, response.Body); err != nil {
		return 0
	}
	return response.StatusCode
}

func (s *served) metric(name string, labels testkit.Labels) float64 {
	s.t.Helper()
	return testkit.Gather(s.t, s.registry).Sum(name, labels)
}

// Clients that hold connections without work never keep a real one out.
func TestConnectionsWithoutWorkMakeRoom(t *testing.T) {
	for name, text := range map[string]string{
		"nothing sent":      "",
		"half a head":       "GET / HTTP/1.1\r\nHost:",
		"kept":              request,
		"a refused request": "GET / HTTP/9\r\n\r\n",
	} {
		t.Run(name, func(t *testing.T) {
			s := serve(t, 8)
			for range 100 {
				s.send(text)
			}
			for i := range 40 {
				if !isServed(s.send("")) {
					t.Errorf("request %d was not served", i)
				}
			}
			if open := s.metric("lab_connections", nil); open > 8 {
				t.Errorf("%v connections are open, more than 8", open)
			}
			if limit := s.metric("lab_connections_limit", nil); limit != 8 {
				t.Errorf("the limit is said to be %v", limit)
			}
		})
	}
}

// Without an idle connection a body that arrives slowly makes room, and so does a
// reply that is not read.
func TestTransfersMakeRoom(t *testing.T) {
	const most = 4
	for name, begin := range map[string]func(*served){
		"bodies": func(s *served) {
			s.send("POST /slow HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\nx")
			<-s.working
		},
		"replies": func(s *served) {
			if _, err := s.send("GET /endless HTTP/1.1\r\nHost: a\r\n\r\n").ReadByte(); err != nil {
				s.t.Fatal(err)
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			s := serve(t, most)
			for range most {
				begin(s)
			}
			for n := range most {
				if reply(s.send(request)) != http.StatusOK {
					t.Errorf("request %d was not served", n)
				}
			}
			if closed := s.metric("lab_connections_closed_total", testkit.Labels{"state": "transferring"}); closed == 0 {
				t.Error("no transfer is counted as closed")
			}
		})
	}
}

func TestTheLongestIdleConnectionMakesRoom(t *testing.T) {
	s := serve(t, 3)
	slow := s.send("POST /slow HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\n{") // the oldest, yet not idle
	<-s.working
	// A client has the reply before the server knows its connection as idle.
	isServed := func(conn *bufio.ReadWriter) bool {
		served := isServed(conn)
		if served {
			<-s.idle
		}
		return served
	}
	first, second := s.send(""), s.send("")
	for _, conn := range []*bufio.ReadWriter{first, second, first} {
		if !isServed(conn) {
			t.Fatal("a connection was closed below the limit")
		}
	}
	if third := s.send(""); !isServed(third) || !isServed(first) {
		t.Error("the new connection, or the one that was idle for a shorter time, was closed")
	}
	if isServed(second) {
		t.Error("the connection that was idle for longest is still open")
	}
	slow.WriteString("}")
	slow.Flush()
	if status := reply(slow); status != http.StatusOK {
		t.Errorf("the slow body was answered %d, want 200: there were idle connections", status)
	}
	if closed := s.metric("lab_connections_closed_total", testkit.Labels{"state": "idle"}); closed != 1 {
		t.Errorf("%v idle connections are counted as closed, want 1", closed)
	}
}

func TestWorkIsNeverCutOff(t *testing.T) {
	for name, wait := range map[string]string{
		"without a body": "GET /wait HTTP/1.1\r\nHost: a\r\n\r\n",
		"with a body":    "POST /wait HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\n{}",
	} {
		t.Run(name, func(t *testing.T) {
			s := serve(t, 2)
			first, second := s.send(wait), s.send(wait)
			<-s.working
			<-s.working
			response, err := http.ReadResponse(s.send(request).Reader, nil)
			if err != nil {
				t.Fatal(err)
			}
			body, _ := io.ReadAll(response.Body)
			if response.StatusCode != http.StatusServiceUnavailable || response.Header.Get("Retry-After") == "" ||
				response.Header.Get("Content-Type") != "application/problem+json" || !strings.Contains(string(body), `"status":503`) {
				t.Errorf("one connection too many was answered %s %v %s", response.Status, response.Header, body)
			}
			if refused := s.metric("lab_connections_refused_total", nil); refused != 1 {
				t.Errorf("%v connections are counted as refused, want 1", refused)
			}
			close(s.release)
			if reply(first) != http.StatusOK || reply(second) != http.StatusOK {
				t.Error("a request at work was cut off")
			}
			if !isServed(s.send("")) {
				t.Error("there is no room after the work")
			}
		})
	}
}

// A client that waits for permission to send its body is answered at once where
// the handler does not want the body.
func TestARefusedExpectationIsAnsweredAtOnce(t *testing.T) {
	s := serve(t, 2)
	began := time.Now()
	status := reply(s.send("POST /refused HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 1000\r\n\r\n"))
	if took := time.Since(began); status != http.StatusRequestEntityTooLarge || took > 8*time.Second {
		t.Errorf("%d after %v; the time limit of the body is 10 s", status, took)
	}
}
