package run

import (
	"net"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"

	"loadlab/experiments/definition"
)

func TestKeepAlive(t *testing.T) {
	for _, row := range []struct {
		name, edit string
		each       bool // a connection for each request
	}{
		{"by default", "", false},
		{"stated", ", keep_alive: true", false},
		{"off", ", keep_alive: false", true},
	} {
		t.Run(row.name, func(t *testing.T) {
			var connections, requests atomic.Int64
			server := httptest.NewUnstartedServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { requests.Add(1) }))
			server.Config.ConnState = func(_ net.Conn, state http.ConnState) {
				if state == http.StateNew {
					connections.Add(1)
				}
			}
			server.Start()
			defer server.Close()
			d := parsed(t, needs, "",
				"loop: open, rates: [10], duration: 200ms, connections: 20, watch: server", "loop: closed, concurrencies: [1], duration: 300ms"+row.edit)
			e := definition.Env{Services: map[string]definition.Service{"server": {URL: server.URL}}}
			if _, err := Experiment(t.Context(), d, e, Options{Quick: true}); err != nil {
				t.Fatal(err)
			}
			// The runner first asks whether the server is reachable, and it may measure again.
			if c, r := connections.Load(), requests.Load(); row.each != (c == r) || r < 5 {
				t.Errorf("%d connections for %d requests", c, r)
			}
		})
	}
}
