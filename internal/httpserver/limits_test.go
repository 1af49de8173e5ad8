package httpserver_test

import (
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"loadlab/internal/httpserver"
)

// pipes is a listener of connections in memory, on which a test's own clock is in force.
type pipes chan net.Conn

func (p pipes) Accept() (net.Conn, error) {
	conn, open := <-p
	if !open {
		return nil, net.ErrClosed
	}
	return conn, nil
}

func (p pipes) Close() error   { close(p); return nil }
func (p pipes) Addr() net.Addr { return &net.TCPAddr{} }

// exchange sends text to a server and reads until it closes the connection. It
// belongs into a bubble of synctest, so that limits of minutes take no time.
func exchange(t *testing.T, text string) (received string, took time.Duration) {
	t.Helper()
	server := httpserver.New(httpserver.Config{
		Listener: "test", MaxConnections: 2, WriteTimeout: time.Minute,
		Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			_, _ = io.Copy(io.Discard, r.Body)
			fmt.Fprintln(w, "served")
		}),
	})
	listener := make(pipes)
	ended := make(chan error)
	go func() { ended <- server.Serve(listener) }()
	client, conn := net.Pipe()
	defer client.Close()
	listener <- conn
	began := time.Now()
	if err := client.SetDeadline(began.Add(time.Hour)); err != nil {
		t.Fatal(err)
	}
	go func() { _, _ = io.WriteString(client, text) }() // the server need not read all of it
	all, err := io.ReadAll(client)
	if err != nil {
		t.Errorf("received %.200q, then %v", all, err)
	}
	took = time.Since(began)
	server.Close()
	if err := <-ended; !errors.Is(err, http.ErrServerClosed) {
		t.Error(err)
	}
	return string(all), took
}

// A client that does not go on is disconnected, whatever it has begun.
func TestSlowClientsAreDisconnected(t *testing.T) {
	for name, row := range map[string]struct {
		text  string
		after time.Duration
	}{
		"nothing sent":         {"", 5 * time.Second},
		"half a head":          {"GET / HTTP/1.1\r\nHost:", 5 * time.Second},
		"half a body":          {"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\n{", 10 * time.Second},
		"idle after a request": {"GET / HTTP/1.1\r\nHost: a\r\n\r\n", 2 * time.Minute},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				if _, took := exchange(t, row.text); took < row.after || took > row.after+time.Second {
					t.Errorf("disconnected after %v, want %v", took, row.after)
				}
			})
		})
	}
}

func TestHeadsAreBounded(t *testing.T) {
	for bytes, want := range map[int]string{15 << 10: "HTTP/1.1 200 ", 32 << 10: "HTTP/1.1 431 "} {
		synctest.Test(t, func(t *testing.T) {
			text := "GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\nX-Long: " + strings.Repeat("x", bytes) + "\r\n\r\n"
			if got, _ := exchange(t, text); !strings.HasPrefix(got, want) {
				t.Errorf("a head of %d bytes is answered %.40q, want %s", bytes, got, want)
			}
		})
	}
}
