package arrival_test

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"loadlab/internal/arrival"
	"loadlab/internal/testkit"
)

func listen(t *testing.T) net.Listener {
	t.Helper()
	testkit.RequireReceiveTimestamps(t)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { listener.Close() })
	return arrival.Listen(listener)
}

func dial(t *testing.T, listener net.Listener) net.Conn {
	t.Helper()
	conn, err := net.Dial("tcp", listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	return conn
}

func accept(t *testing.T, listener net.Listener) *arrival.Conn {
	t.Helper()
	conn, err := listener.Accept()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	return conn.(*arrival.Conn)
}

func write(t *testing.T, conn net.Conn, text string) (before, after int64) {
	t.Helper()
	before = time.Now().UnixNano()
	if _, err := io.WriteString(conn, text); err != nil {
		t.Fatal(err)
	}
	return before, time.Now().UnixNano()
}

func read(t *testing.T, conn net.Conn, n int) {
	t.Helper()
	if _, err := io.ReadFull(conn, make([]byte, n)); err != nil {
		t.Fatal(err)
	}
}

// slack is how far the clock of the packet may be from that of the program.
const slack = int64(5 * time.Millisecond)

func within(t *testing.T, what string, at, from, to int64) {
	t.Helper()
	if at < from-slack || at > to+slack {
		t.Errorf("%s was received %v after it was written, and %v before it was", what, time.Duration(at-to), time.Duration(from-at))
	}
}

// Data is stamped as it arrives: before the connection is accepted, and long
// before it is read.
func TestTimeOfReceipt(t *testing.T) {
	listener := listen(t)
	client := dial(t, listener)
	before, after := write(t, client, "one")
	time.Sleep(100 * time.Millisecond)
	server := accept(t, listener)
	time.Sleep(100 * time.Millisecond)
	read(t, server, 3)
	within(t, "what came before the accept", server.First(), before, after)

	time.Sleep(50 * time.Millisecond)
	again, done := write(t, client, "two")
	time.Sleep(50 * time.Millisecond)
	read(t, server, 3)
	within(t, "the second write", server.Last(), again, done)
	within(t, "the first write", server.First(), before, after)
	server.Begin()
	within(t, "the latest, when nothing came since", server.First(), again, done)
	third, end := write(t, client, "three")
	read(t, server, 5)
	within(t, "the third write", server.First(), third, end)
}

func TestTimeOfTheFirstWrite(t *testing.T) {
	listener := listen(t)
	dial(t, listener)
	server := accept(t, listener)
	if server.Wrote() != 0 {
		t.Error("nothing has been written yet")
	}
	before, after := write(t, server, "a")
	time.Sleep(10 * time.Millisecond)
	write(t, server, "b")
	if at := server.Wrote(); at < before || at > after {
		t.Errorf("the first write was at %d, not between %d and %d", at, before, after)
	}
	server.Begin()
	if server.Wrote() != 0 {
		t.Error("the next exchange has not written yet")
	}
}

func TestEndsAndErrorsAreAConnections(t *testing.T) {
	listener := listen(t)
	client := dial(t, listener)
	server := accept(t, listener)

	if n, err := server.Read(nil); n != 0 || err != nil {
		t.Errorf("reading nothing: %d %v", n, err)
	}
	if err := server.SetReadDeadline(time.Now().Add(10 * time.Millisecond)); err != nil {
		t.Fatal(err)
	}
	var timeout net.Error
	if _, err := server.Read(make([]byte, 1)); !errors.As(err, &timeout) || !timeout.Timeout() || !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("after the deadline: %v", err)
	}
	if err := server.SetReadDeadline(time.Time{}); err != nil {
		t.Fatal(err)
	}
	client.Close()
	if _, err := server.Read(make([]byte, 1)); !errors.Is(err, io.EOF) {
		t.Errorf("after the end: %v", err)
	}

	second := dial(t, listener).(*net.TCPConn)
	server = accept(t, listener)
	if err := second.SetLinger(0); err != nil { // closing resets the connection
		t.Fatal(err)
	}
	second.Close()
	var op *net.OpError
	if _, err := server.Read(make([]byte, 1)); !errors.As(err, &op) || op.Op != "read" {
		t.Errorf("after a reset: %#v", err)
	}
	server.Close()
	if _, err := server.Read(make([]byte, 1)); !errors.Is(err, net.ErrClosed) {
		t.Errorf("after Close: %v", err)
	}
}

// A request that waits for its connection to be read is dated from its receipt,
// on a new connection, on a kept one, and when two requests come at once.
func TestRequestsAreDatedFromTheirReceipt(t *testing.T) {
	listener := listen(t)
	received := make(chan int64, 4)
	server := &http.Server{Handler: http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		received <- arrival.Received(r.Context())
	})}
	arrival.Serve(server)
	client := dial(t, listener)
	replies := bufio.NewReader(client)
	request := func(n int) string {
		return fmt.Sprintf("POST / HTTP/1.1\r\nHost: test\r\nContent-Length: %d\r\n\r\n%s", n, strings.Repeat("x", n))
	}
	answered := func() {
		reply, err := http.ReadResponse(replies, nil)
		if err != nil {
			t.Fatal(err)
		}
		reply.Body.Close()
	}

	before, after := write(t, client, request(3))
	time.Sleep(50 * time.Millisecond)
	go func() { _ = server.Serve(listener) }()
	defer server.Close()
	answered()
	within(t, "the request on a new connection", <-received, before, after)

	time.Sleep(20 * time.Millisecond)
	// The head comes first: that is when the request began, whatever its body takes.
	head, body, _ := strings.Cut(request(40), "\r\n\r\n")
	before, after = write(t, client, head+"\r\n\r\n")
	time.Sleep(60 * time.Millisecond)
	write(t, client, body)
	answered()
	within(t, "the request on a kept connection", <-received, before, after)

	time.Sleep(20 * time.Millisecond)
	before, after = write(t, client, request(0)+request(0))
	for range 2 {
		answered()
		within(t, "each of two requests that came at once", <-received, before, after)
	}
}

func TestWithoutAListenerTheTimeIsUnknown(t *testing.T) {
	if at := arrival.Received(t.Context()); at != 0 {
		t.Errorf("received at %d", at)
	}
}
