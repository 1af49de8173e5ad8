package attack

import (
	"errors"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"os"
	"slices"
	"sync"
	"testing"
	"time"

	"loadlab/internal/testkit"
)

const (
	// headersWithin is twice the longest time that a listener gives the head of a request.
	headersWithin = 20 * time.Second
	idle          = 10_000 // connections that say nothing
	dripEvery     = 500 * time.Millisecond
)

// slow opens connections that never finish a request, and expects that others
// are served meanwhile and that the listener ends each in time.
func (v *victim) slow(t *testing.T) {
	t.Run("headers", func(t *testing.T) {
		listeners := v.addressesOf()
		atOnce(slices.Collect(maps.Keys(listeners)), func(listener string) { drip(t, listener, listeners[listener]) })
	})
	t.Run("idle connections", v.idle) // later, since they would push the slow ones out
}

// drip sends a field of two bytes now and then, and never the end of the head.
func drip(t *testing.T, listener, address string) {
	conn, err := net.Dial("tcp", address)
	if err != nil {
		t.Error(err)
		return
	}
	defer conn.Close()
	began := time.Now()
	if _, err := fmt.Fprintf(conn, "GET / HTTP/1.1\r\nHost: %s\r\n", address); err != nil {
		t.Error(err)
		return
	}
	var dripping sync.WaitGroup
	dripping.Go(func() {
		for time.Since(began) < headersWithin {
			if _, err := io.WriteString(conn, "a:"+"b\r\n"); err != nil {
				return // it has been closed, which is what the reader waits for
			}
			time.Sleep(dripEvery)
		}
	})
	defer dripping.Wait()
	ended(t, listener, conn, headersWithin)
}

// ended waits until the other side has closed the connection.
func ended(t *testing.T, listener string, conn net.Conn, within time.Duration) {
	t.Helper()
	if err := conn.SetReadDeadline(time.Now().Add(within)); err != nil {
		t.Error(err)
		return
	}
	if _, err := io.Copy(io.Discard, conn); errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("%s: the connection is still open after %s", listener, within)
	}
}

func (v *victim) idle(t *testing.T) {
	all := testkit.Hold(t, idle, v.gateway, "")
	metrics, traffic := testkit.Metrics(t, "http://"+v.admin["gateway"]+"/metrics"), testkit.Labels{"listener": "traffic"}
	if open, most := metrics.Sum("lab_connections", traffic), metrics.Sum("lab_connections_limit", traffic); most == 0 || most >= idle || open > most {
		t.Errorf("of %d connections %v are open, and at most %v may be", idle, open, most)
	}
	for range 40 {
		if status, body := testkit.Get(t, "http://"+v.gateway+"/io/wait?ms=1"); status != http.StatusOK {
			t.Errorf("with %d idle connections: %d %s", idle, status, body)
		}
	}
	ended(t, "gateway", all[0], headersWithin)
}
