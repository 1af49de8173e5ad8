package connection_test

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"loadlab/internal/testkit"
	"loadlab/loadgen/connection"
	"loadlab/loadgen/record"
	"loadlab/loadgen/target"
)

// long is a time that nothing here should need.
const long = time.Minute

// kinds are the two ways to open a connection.
func kinds(t *testing.T, keepAlive bool) map[string]connection.Dial {
	transport := connection.NewTransport(long, keepAlive, nil)
	t.Cleanup(transport.Close)
	return map[string]connection.Dial{"plain": connection.NewDialer(keepAlive, nil).Dial, "net/http": transport.Dial}
}

func dial(t *testing.T, dial connection.Dial, address string) connection.Connection {
	t.Helper()
	conn, err := dial(t.Context(), address, long)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(conn.Interrupt)
	return conn
}

// to is a request to the address, by method and path.
func to(t *testing.T, address, format string, args ...any) connection.Request {
	t.Helper()
	method, path, _ := strings.Cut(fmt.Sprintf(format, args...), " ")
	list, err := target.Parse(method + " http://" + address + path)
	if err != nil {
		t.Fatal(err)
	}
	return connection.Request{Target: &list[0], Trace: connection.Trace{High: 1, Low: 2, Span: 3, Sampled: true}}
}

func ptr(r connection.Request) *connection.Request { return &r }

// served is a server with the requests that it has got.
type served struct {
	address string
	mu      sync.Mutex
	got     []string
}

// serve answers with the path, and closes the connection after /close.
func serve(t *testing.T) *served {
	t.Helper()
	s := &served{}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.mu.Lock()
		s.got = append(s.got, r.Method+" "+r.URL.Path+" "+r.Header.Get("Traceparent"))
		s.mu.Unlock()
		if r.URL.Path == "/close" {
			w.Header().Set("Connection", "close")
		}
		_, _ = io.WriteString(w, r.URL.Path)
	}))
	t.Cleanup(server.Close)
	s.address = server.Listener.Addr().String()
	return s
}

func (s *served) requests() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.got)
}

const noBody = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"

func hang(conn net.Conn) { _, _ = io.Copy(io.Discard, conn) }

func TestAConnectionSendsWhatFollows(t *testing.T) {
	for name, kind := range kinds(t, true) {
		t.Run(name, func(t *testing.T) {
			s := serve(t)
			conn := dial(t, kind, s.address)
			conn.Send(to(t, s.address, "GET /0"))
			var responses []connection.Response
			conn.Serve(func(r *connection.Response) (connection.Action, *connection.Request) {
				responses = append(responses, *r)
				if n := len(responses); n < 3 {
					return connection.Send, ptr(to(t, s.address, "HEAD /%d", n))
				}
				return connection.Close, nil
			})
			const trace = " 00-00000000000000010000000000000002-0000000000000003-01"
			if got, want := s.requests(), []string{"GET /0" + trace, "HEAD /1" + trace, "HEAD /2" + trace}; !slices.Equal(got, want) {
				t.Errorf("the server got %q, want %q", got, want)
			}
			for i, r := range responses {
				if r.Outcome != record.OK || r.Status != 200 || !r.Keep || r.Cut || (r.Bytes == 2) != (i == 0) {
					t.Errorf("response %d is %+v", i, r)
				}
			}
		})
	}
}

// A call of Send while the connection waits is seen without another one.
func TestAConnectionWaitsForARequest(t *testing.T) {
	for name, kind := range kinds(t, true) {
		t.Run(name, func(t *testing.T) {
			s := serve(t)
			conn := dial(t, kind, s.address)
			conn.Send(to(t, s.address, "GET /0"))
			n := 0
			conn.Serve(func(*connection.Response) (connection.Action, *connection.Request) {
				if n++; n == 3 {
					return connection.Close, nil
				}
				go conn.Send(to(t, s.address, "GET /%d", n))
				return connection.Wait, nil
			})
			if got := s.requests(); len(got) != 3 {
				t.Errorf("the server got %q, want 3 requests", got)
			}
		})
	}
}

// A connection that the server ends carries nothing more, whatever is to follow.
func TestAResponseWithoutKeepIsTheLast(t *testing.T) {
	s := serve(t)
	for _, row := range []struct {
		path      string
		keepAlive bool
	}{{"/close", true}, {"/", false}} {
		conn := dial(t, connection.NewDialer(row.keepAlive, nil).Dial, s.address)
		conn.Send(to(t, s.address, "GET %s", row.path))
		calls := 0
		conn.Serve(func(r *connection.Response) (connection.Action, *connection.Request) {
			calls++
			if r.Outcome != record.OK || r.Keep {
				t.Errorf("%s: response %+v, want ok without keep", row.path, *r)
			}
			return connection.Send, ptr(to(t, s.address, "GET /more"))
		})
		if calls != 1 {
			t.Errorf("%s: %d responses, want 1", row.path, calls)
		}
	}
	if got := s.requests(); len(got) != 2 {
		t.Errorf("the server got %q, want 2 requests", got)
	}
}

func TestAnIdleConnectionEndsSilently(t *testing.T) {
	address := testkit.Misbehave(t, func(conn net.Conn) { _, _ = io.WriteString(conn, noBody) })
	conn := dial(t, connection.NewDialer(true, nil).Dial, address)
	conn.Send(to(t, address, "GET /"))
	calls := 0
	conn.Serve(func(*connection.Response) (connection.Action, *connection.Request) {
		calls++
		return connection.Wait, nil
	})
	conn.Send(to(t, address, "GET /late"))
	if calls != 1 {
		t.Errorf("%d responses, want 1", calls)
	}
}

// A goroutine that was stopped between taking an idle connection and sending on it must not
// send on the connection that has followed.
func TestALateSendDoesNotReachTheNextConnection(t *testing.T) {
	s := serve(t)
	dialer := connection.NewDialer(true, nil)
	first := dial(t, dialer.Dial, s.address)
	first.Interrupt()
	first.Serve(func(r *connection.Response) (connection.Action, *connection.Request) {
		t.Errorf("response %+v without a request", *r)
		return connection.Close, nil
	})
	second := dial(t, dialer.Dial, s.address)
	first.Send(to(t, s.address, "GET /late"))
	second.Send(to(t, s.address, "GET /second"))
	second.Serve(func(*connection.Response) (connection.Action, *connection.Request) {
		return connection.Close, nil
	})
	if got := s.requests(); len(got) != 1 || !strings.HasPrefix(got[0], "GET /second ") {
		t.Errorf("the server got %q, want /second alone", got)
	}
}

func TestAnInterruptCutsTheRequest(t *testing.T) {
	address := testkit.Misbehave(t, hang)
	for name, kind := range kinds(t, true) {
		t.Run(name, func(t *testing.T) {
			conn := dial(t, kind, address)
			conn.Send(to(t, address, "GET /"))
			time.AfterFunc(20*time.Millisecond, conn.Interrupt)
			conn.Serve(func(r *connection.Response) (connection.Action, *connection.Request) {
				if !r.Cut || r.Status != 0 {
					t.Errorf("response %+v, want one that was cut", *r)
				}
				return connection.Close, nil
			})
		})
	}
}

func TestOutcomesOfBrokenResponses(t *testing.T) {
	say := func(text string) func(net.Conn) {
		return func(conn net.Conn) { _, _ = io.WriteString(conn, text) }
	}
	for _, row := range []struct {
		name    string
		answer  func(net.Conn)
		outcome record.Outcome
		cut     bool
	}{
		{"nothing", say(""), record.ConnectError, true},
		{"half a response", say("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc"), record.ProtocolError, true},
		{"another protocol", say("220 mail.example ESMTP\r\n\r\n"), record.ProtocolError, false},
	} {
		t.Run(row.name, func(t *testing.T) {
			address := testkit.Misbehave(t, row.answer)
			conn := dial(t, connection.NewDialer(true, nil).Dial, address)
			conn.Send(to(t, address, "GET /"))
			conn.Serve(func(r *connection.Response) (connection.Action, *connection.Request) {
				if r.Outcome != row.outcome || r.Cut != row.cut || r.Keep {
					t.Errorf("response %+v, want %v, cut %v", *r, row.outcome, row.cut)
				}
				return connection.Close, nil
			})
		})
	}
}

// A server that does not read must not hold the goroutine that sends.
func TestSendDoesNotWaitForTheServer(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	address := listener.Addr().String()
	const names, length = 10_000, 2000 // together more than the buffers of both sockets
	large, err := target.New(target.Target{Method: "POST", URL: "http://" + address + "/", Body: strings.Repeat("{created}", names)})
	if err != nil {
		t.Fatal(err)
	}
	conn := dial(t, connection.NewDialer(true, nil).Dial, address)
	conn.Send(connection.Request{Target: &large, Created: strings.Repeat("a", length)}) // returns, or the test times out
	accepted, err := listener.Accept()
	if err != nil {
		t.Fatal(err)
	}
	defer accepted.Close()
	go func() {
		if r, err := http.ReadRequest(bufio.NewReader(accepted)); err == nil {
			n, _ := io.Copy(io.Discard, r.Body)
			fmt.Fprintf(accepted, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\nServer-Timing: cpu;dur=%d, wait;dur=0, queue;dur=0\r\n\r\n", n)
		}
	}()
	conn.Serve(func(r *connection.Response) (connection.Action, *connection.Request) {
		if got := r.Timing.CPU.Milliseconds(); r.Outcome != record.OK || got != names*length {
			t.Errorf("the server has read %d of %d bytes, response %+v", got, names*length, *r)
		}
		return connection.Close, nil
	})
}

func TestRefusedConnections(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	listener.Close()
	stopped, stop := context.WithCancel(t.Context())
	stop()
	for _, row := range []struct {
		name    string
		ctx     context.Context
		timeout time.Duration
		want    record.Outcome
	}{
		{"closed port", t.Context(), long, record.ConnectError},
		{"no time", t.Context(), time.Nanosecond, record.Timeout},
		{"stopped", stopped, long, record.ConnectError},
	} {
		conn, err := connection.NewDialer(true, nil).Dial(row.ctx, listener.Addr().String(), row.timeout)
		if err == nil || conn != nil {
			t.Fatalf("%s: connection %v, error %v", row.name, conn, err)
		}
		if r := connection.Refused(err); r.Outcome != row.want || !r.Cut || r.Keep {
			t.Errorf("%s: response %+v, want %v", row.name, r, row.want)
		}
	}
}
