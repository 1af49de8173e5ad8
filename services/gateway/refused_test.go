package gateway_test

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"loadlab/internal/outbound"
	"loadlab/internal/testkit"
)

// closedPort returns an address that takes no connections, and a function that
// starts a service there.
func closedPort(t *testing.T, handler http.HandlerFunc) (base string, start func()) {
	t.Helper()
	address, listen := testkit.Refusing(t)
	return "http://" + address, func() {
		server := httptest.NewUnstartedServer(handler)
		_ = server.Listener.Close()
		server.Listener = listen()
		server.Start()
		t.Cleanup(server.Close)
	}
}

// awaitWaiting returns when n requests wait for a connection to iobound or items.
func (d *door) awaitWaiting(n float64) {
	d.t.Helper()
	for deadline := time.Now().Add(20 * time.Second); d.metric("lab_connect_waiting_requests", nil) != n; time.Sleep(2 * time.Millisecond) {
		if time.Now().After(deadline) {
			d.t.Fatalf("%v requests wait, want %v", d.metric("lab_connect_waiting_requests", nil), n)
		}
	}
}

// A service that restarts refuses connections for a while. Nothing was sent then,
// so a request of any method waits, is sent once, and is answered.
func TestARefusedConnectionIsWaitedOut(t *testing.T) {
	const least = 100 * time.Millisecond // of the wait
	for _, row := range []struct{ method, path, body string }{
		{"GET", "/io/wait", ""}, {"POST", "/items", `{"name":"a","quantity":1}`}, {"PUT", "/items/1", `{"name":"a","quantity":1}`},
		{"PATCH", "/items/1", `{"quantity":1}`}, {"DELETE", "/items/1", ""}, {"POST", "/io/wait", ""},
	} {
		t.Run(row.method+row.path, func(t *testing.T) {
			received := make(chan string, 10)
			base, start := closedPort(t, func(_ http.ResponseWriter, r *http.Request) {
				body, _ := io.ReadAll(r.Body)
				received <- string(body)
			})
			d := open(t, base, "LOG_LEVEL=error", "BREAKER_MIN_REQUESTS=1")
			replies := make(chan answer, 1)
			go func() {
				a, err := d.do(t.Context(), row.method, row.path, row.body)
				if err != nil {
					t.Error(err)
				}
				replies <- a
			}()
			d.awaitWaiting(1)
			time.Sleep(least)
			start()
			a := <-replies
			if a.status != http.StatusOK || len(received) != 1 || <-received != row.body {
				t.Errorf("answered %d %s", a.status, a.body)
			}
			split, ok := outbound.ReadTiming(a.header)
			if !ok || split.Queue < least {
				t.Errorf("the gateway's own delay is %v of at least %v", split.Queue, least)
			}
			samples := testkit.Gather(t, d.tel.Registry)
			if n := samples.Count("lab_connect_wait_seconds", testkit.Labels{"result": "connected"}); n != 1 {
				t.Errorf("%d waits counted", n)
			}
			d.awaitWaiting(0)
			if retries := d.metric("lab_retries_total", nil); retries != 0 {
				t.Errorf("%v retries", retries)
			}
		})
	}
}

func TestTheWaitForAConnectionIsBounded(t *testing.T) {
	for _, row := range []struct {
		name      string
		variables []string
		result    string
	}{
		{"by the patience", []string{"CONNECT_WAIT=60ms"}, "gave_up"},
		{"by the time budget", []string{"CONNECT_WAIT=5m", "IO_TIMEOUT=60ms"}, "gave_up"},
		{"switched off", []string{"CONNECT_WAIT=0s"}, ""},
	} {
		t.Run(row.name, func(t *testing.T) {
			d := open(t, dead(t), append(row.variables, "BREAKER_MIN_REQUESTS=1", "BREAKER_OPEN=1m")...)
			if a := d.get("/io/wait"); a.status != http.StatusBadGateway || !strings.Contains(a.body, "iobound takes no connections") {
				t.Errorf("answered %d %s", a.status, a.body)
			}
			if row.result != "" {
				if n := testkit.Gather(t, d.tel.Registry).Count("lab_connect_wait_seconds", testkit.Labels{"result": row.result}); n != 1 {
					t.Errorf("%d waits counted", n)
				}
			}
			// A wait in vain is a failure of the service, so that the next are not made to wait.
			if a := d.get("/io/wait"); a.status != http.StatusServiceUnavailable || a.header.Get("Retry-After") == "" {
				t.Errorf("then answered %d %s", a.status, a.body)
			}
		})
	}
}

// Requests that wait for a service hold the slots of its group, and of no other.
func TestWaitingRequestsHoldTheSlotsOfTheirGroup(t *testing.T) {
	base, start := closedPort(t, func(http.ResponseWriter, *http.Request) {})
	d := open(t, base, "IO_CONCURRENCY=3", "LOG_LEVEL=error")
	var clients sync.WaitGroup
	for range 3 {
		clients.Go(func() {
			if a, err := d.do(t.Context(), "GET", "/io/wait", ""); err != nil || a.status != http.StatusOK {
				t.Errorf("answered %d %v", a.status, err)
			}
		})
	}
	d.awaitWaiting(3)
	if a := d.get("/io/wait"); a.status != http.StatusServiceUnavailable {
		t.Errorf("the fourth is answered %d", a.status)
	}
	clients.Go(func() {
		if a, err := d.do(t.Context(), "GET", "/cpu/spin", ""); err != nil || a.status != http.StatusOK {
			t.Errorf("another group: %d %v", a.status, err)
		}
	})
	d.awaitWaiting(4)
	start()
	clients.Wait()
}

// A gateway that ends answers what waits, instead of waiting up to its deadline.
func TestAGatewayThatEndsWaitsForNoService(t *testing.T) {
	gateway := testkit.Start(t, "gateway", "IOBOUND_URL="+dead(t), "CONNECT_WAIT=5m", "SHUTDOWN_TIMEOUT=1m")
	answered := make(chan int, 1)
	go func() {
		response, err := http.Get(gateway.URL + "/io/wait")
		if err != nil {
			t.Error(err)
			answered <- 0
			return
		}
		_ = response.Body.Close() // its status is all that is wanted
		answered <- response.StatusCode
	}()
	for deadline := time.Now().Add(20 * time.Second); testkit.Metrics(t, gateway.AdminURL+"/metrics").Sum("lab_connect_waiting_requests", nil) != 1; {
		if time.Now().After(deadline) {
			t.Fatal("the request does not wait")
		}
		time.Sleep(5 * time.Millisecond)
	}
	if code := gateway.Stop(); code != 0 { // within 30 s
		t.Errorf("exit code %d", code)
	}
	if status := <-answered; status != http.StatusBadGateway {
		t.Errorf("answered %d", status)
	}
}

func TestAClientThatLeavesWaitsNoMore(t *testing.T) {
	d := open(t, dead(t), "LOG_LEVEL=error")
	ctx, leave := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() {
		_, err := d.do(ctx, "GET", "/io/wait", "")
		ended <- err
	}()
	d.awaitWaiting(1)
	leave()
	if err := <-ended; err == nil {
		t.Error("it was answered")
	}
	d.awaitWaiting(0)
}
