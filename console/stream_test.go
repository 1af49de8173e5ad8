package console

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

// events is a server of an endless stream, which says when a reader of it has gone.
func events(t *testing.T, every time.Duration, size int) (address string, ended <-chan struct{}) {
	t.Helper()
	gone := make(chan struct{})
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		defer close(gone)
		w.Header().Set("Content-Type", "text/event-stream")
		for i := 0; ; i++ {
			if _, err := fmt.Fprintf(w, "data: %d%s\n\n", i, strings.Repeat("x", size)); err != nil {
				return
			}
			if http.NewResponseController(w).Flush() != nil {
				return
			}
			select {
			case <-time.After(every):
			case <-r.Context().Done():
				return
			}
		}
	}))
	t.Cleanup(server.Close)
	return server.URL, gone
}

// serve is a console before that stream, on a server that bounds its writes.
func serve(t *testing.T, generator string, stall time.Duration) string {
	t.Helper()
	handler, err := build(Config{Generator: Upstream{URL: generator}}, stall)
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewUnstartedServer(handler)
	server.Config.WriteTimeout = 300 * time.Millisecond
	server.Start()
	t.Cleanup(server.Close)
	return server.URL
}

func TestStreamOutlivesTheWriteTimeout(t *testing.T) {
	generator, ended := events(t, 50*time.Millisecond, 0)
	response, err := http.Get(serve(t, generator, stallTime) + "/generator/api/v1/run/events")
	if err != nil {
		t.Fatal(err)
	}
	lines, began := bufio.NewScanner(response.Body), time.Now()
	for time.Since(began) < 700*time.Millisecond {
		if !lines.Scan() {
			t.Fatalf("the stream ends after %v: %v", time.Since(began), lines.Err())
		}
	}
	response.Body.Close()
	awaitEnd(t, ended)
}

func TestReaderWhoTakesNothingIsGivenUp(t *testing.T) {
	generator, ended := events(t, time.Millisecond, 64<<10)
	address := strings.TrimPrefix(serve(t, generator, 200*time.Millisecond), "http://")
	conn, err := net.Dial("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if _, err := io.WriteString(conn, "GET /generator/api/v1/run/events HTTP/1.1\r\nHost: "+address+"\r\n\r\n"); err != nil {
		t.Fatal(err)
	}
	awaitEnd(t, ended) // though the connection stays open
}

func awaitEnd(t *testing.T, ended <-chan struct{}) {
	t.Helper()
	select {
	case <-ended:
	case <-time.After(20 * time.Second):
		t.Fatal("the upstream still streams to a reader who is gone")
	}
}
