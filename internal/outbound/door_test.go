package outbound_test

import (
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"sync"
	"testing"
	"time"

	"loadlab/internal/outbound"
	"loadlab/internal/testkit"
)

// Many requests wait for a service that starts; each is sent once, and its span
// says for how long it waited.
func TestRequestsWaitForAServiceThatStarts(t *testing.T) {
	const requests = 50
	collector := testkit.NewCollector(t)
	tel := open(t, "caller", collector)
	transport := outbound.NewTransport(outbound.Config{ConnectWait: time.Minute}, tel)
	defer transport.Close()
	to := transport.To("called")
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := listener.Addr().String()
	listener.Close()

	var clients sync.WaitGroup
	for range requests {
		clients.Go(func() {
			request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "http://"+address, http.NoBody)
			if err != nil {
				t.Error(err)
				return
			}
			response, err := to.RoundTrip(request)
			if err != nil {
				t.Error(err)
				return
			}
			response.Body.Close()
		})
	}
	waiting := func() float64 {
		return testkit.Gather(t, tel.Registry).Sum("lab_connect_waiting_requests", testkit.Labels{"service_peer_name": "called"})
	}
	for deadline := time.Now().Add(20 * time.Second); waiting() != requests; time.Sleep(2 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("%v requests wait", waiting())
		}
	}
	var received sync.WaitGroup
	received.Add(requests) // one more panics
	if listener, err = net.Listen("tcp", address); err != nil {
		t.Fatal(err)
	}
	server := &http.Server{Handler: http.HandlerFunc(func(http.ResponseWriter, *http.Request) { received.Done() })}
	go server.Serve(listener)
	defer server.Close()
	clients.Wait()
	received.Wait()

	if n := testkit.Gather(t, tel.Registry).Count("lab_connect_wait_seconds", testkit.Labels{"service_peer_name": "called", "result": "connected"}); n != requests || waiting() != 0 {
		t.Errorf("%d waits counted, %v requests still wait", n, waiting())
	}
	shutdown(t, tel)
	spans := collector.Spans(testkit.Of("caller"))
	for _, span := range spans {
		if span.Failed || !slices.Equal(span.Events, []string{"refused", "waited for a connection"}) {
			t.Fatalf("span %+v", span)
		}
	}
	if len(spans) != requests {
		t.Errorf("%d spans of %d requests", len(spans), requests)
	}
}

// A service that is about to end closes its connections. The caller gives up the
// idle ones before that, because a request that is just being sent on one would be lost.
func TestIdleConnectionsEndWithAServiceThatEnds(t *testing.T) {
	closed := make(chan struct{}, 10)
	var together sync.WaitGroup
	together.Add(2)
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/together": // neither is answered before both are here, so that there are two connections
			together.Done()
			together.Wait()
		case "/last":
			w.Header().Set("Connection", "close")
		}
	}))
	server.Config.ConnState = func(_ net.Conn, state http.ConnState) {
		if state == http.StateClosed {
			closed <- struct{}{}
		}
	}
	server.Start()
	defer server.Close()
	tel := open(t, "caller", testkit.NewCollector(t))
	transport := newTransport(t, tel)
	get := func(path string) {
		response, err := send(t, t.Context(), transport, server.URL+path)
		if err != nil {
			t.Error(err)
			return
		}
		response.Body.Close()
	}
	var clients sync.WaitGroup
	for range 2 {
		clients.Go(func() { get("/together") })
	}
	clients.Wait()
	get("/last")
	for range 2 {
		select {
		case <-closed:
		case <-time.After(20 * time.Second):
			t.Fatal("an idle connection is kept")
		}
	}
}
