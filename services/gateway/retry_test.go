package gateway_test

import (
	"io"
	"net/http"
	"strconv"
	"sync/atomic"
	"testing"
	"time"

	"loadlab/internal/testkit"
)

// failFirst answers the first n requests by fail, the others 200.
func failFirst(n int64, fail http.HandlerFunc) http.HandlerFunc {
	var requests atomic.Int64
	return func(w http.ResponseWriter, r *http.Request) {
		if requests.Add(1) <= n {
			fail(w, r)
		}
	}
}

func status(code int, header ...string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		for i := 0; i < len(header); i += 2 {
			w.Header().Set(header[i], header[i+1])
		}
		w.WriteHeader(code)
	}
}

// hangUp closes the connection without a reply.
func hangUp(w http.ResponseWriter, _ *http.Request) {
	conn, _, err := http.NewResponseController(w).Hijack()
	if err == nil {
		_ = conn.Close()
	}
}

// cutShort begins a reply and closes the connection.
func cutShort(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Length", "100")
	w.WriteHeader(http.StatusOK)
	panic(http.ErrAbortHandler)
}

func stall(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }

func TestRetries(t *testing.T) {
	for _, row := range []struct {
		name      string
		method    string
		body      string
		failures  int64
		fail      http.HandlerFunc
		variables []string
		want      int   // status
		requests  int64 // that the service sees
	}{
		{"no reply", "GET", "", 1, hangUp, nil, 200, 2},
		{"half a reply", "GET", "", 1, cutShort, nil, 200, 2},
		{"502", "GET", "", 1, status(502), nil, 200, 2},
		{"503", "GET", "", 1, status(503), nil, 200, 2},
		{"once by default", "GET", "", 2, status(503), nil, 503, 2},
		{"as often as allowed", "GET", "", 3, status(503), []string{"RETRY_MAX=3"}, 200, 4},
		{"no more than allowed", "GET", "", 9, hangUp, []string{"RETRY_MAX=3"}, 502, 4},
		{"an attempt that takes too long", "GET", "", 1, stall, []string{"RETRY_ATTEMPT_TIMEOUT=50ms"}, 200, 2},
		{"another status", "GET", "", 1, status(500), []string{"RETRY_STATUSES=500"}, 200, 2},

		{"not when switched off", "GET", "", 1, status(502), []string{"RETRY_MAX=0"}, 502, 1},
		{"not with Retry-After", "GET", "", 1, status(503, "Retry-After", "1"), nil, 503, 1},
		{"not a failure of the work", "GET", "", 1, status(500), nil, 500, 1},
		{"not a refusal", "GET", "", 1, status(404), nil, 404, 1},
		{"not GET with a body", "GET", "{}", 1, status(502), nil, 502, 1},
		{"not POST", "POST", "{}", 1, status(502), nil, 502, 1},
		{"not POST without a body", "POST", "", 1, hangUp, nil, 502, 1},
		{"not PUT after a reply", "PUT", "", 1, status(502), nil, 502, 1},
		{"not DELETE", "DELETE", "", 1, status(503), nil, 503, 1},
		{"not when the budget is empty", "GET", "", 9, status(502),
			[]string{"RETRY_MAX=9", "RETRY_BUDGET_BURST=2", "RETRY_BUDGET_PER_SECOND=0"}, 502, 3},
		{"without a budget", "GET", "", 9, status(502),
			[]string{"RETRY_MAX=9", "RETRY_BUDGET_BURST=2", "RETRY_BUDGET_ENABLED=false"}, 200, 10},
	} {
		t.Run(row.name, func(t *testing.T) {
			base, requests := behind(t, failFirst(row.failures, row.fail))
			d := open(t, base, append(row.variables, "RETRY_BACKOFF=1ms", "BREAKER_ENABLED=false", "LOG_LEVEL=error")...)
			if a := d.send(row.method, "/io/wait", row.body); a.status != row.want || requests.Load() != row.requests {
				t.Errorf("answered %d after %d requests, want %d after %d", a.status, requests.Load(), row.want, row.requests)
			}
		})
	}
}

// What is sent again when its connection broke is taken once by the service.
func TestRetriesOfChanges(t *testing.T) {
	const item = `{"name":"a","quantity":1}`
	key := []string{"Idempotency-Key", `"order-1"`}
	for _, row := range []struct {
		name, method, path string
		headers            []string
		fail               http.HandlerFunc
		want               int   // status
		requests           int64 // that the service sees
	}{
		{"PUT", "PUT", "/items/1", nil, hangUp, 200, 2},
		{"half a reply to PUT", "PUT", "/items/1", nil, cutShort, 200, 2},
		{"POST with a key", "POST", "/items", key, hangUp, 200, 2},
		{"half a reply to POST with a key", "POST", "/items", key, cutShort, 200, 2},

		{"not PUT with If-Match", "PUT", "/items/1", []string{"If-Match", `"1"`}, hangUp, 502, 1},
		{"not PUT with If-None-Match", "PUT", "/items/1", []string{"If-None-Match", "*"}, hangUp, 502, 1},
		{"not PUT with If-Unmodified-Since", "PUT", "/items/1", []string{"If-Unmodified-Since", "Thu, 01 Jan 2026 00:00:00 GMT"}, hangUp, 502, 1},
		{"not POST without a key", "POST", "/items", nil, hangUp, 502, 1},
		{"not POST with a key that the route ignores", "POST", "/io/wait", key, hangUp, 502, 1},
		{"not POST with an empty key", "POST", "/items", []string{"Idempotency-Key", ""}, hangUp, 502, 1},
		{"not POST that may still be in progress", "POST", "/items", key, stall, 504, 1},
		{"not POST that was answered", "POST", "/items", key, status(503), 503, 1},
		{"not PATCH", "PATCH", "/items/1", nil, hangUp, 502, 1},
		{"not DELETE", "DELETE", "/items/1", nil, hangUp, 502, 1},
	} {
		t.Run(row.name, func(t *testing.T) {
			var bodies atomic.Int64
			fails := failFirst(1, row.fail)
			base, requests := behind(t, func(w http.ResponseWriter, r *http.Request) {
				if body, err := io.ReadAll(r.Body); err == nil && string(body) == item {
					bodies.Add(1)
				}
				fails(w, r)
			})
			d := open(t, base, "RETRY_BACKOFF=1ms", "RETRY_ATTEMPT_TIMEOUT=1s", "BREAKER_ENABLED=false", "LOG_LEVEL=error")
			a := d.send(row.method, row.path, item, row.headers...)
			if a.status != row.want || requests.Load() != row.requests || bodies.Load() != row.requests {
				t.Errorf("answered %d after %d requests, of which %d had the body; want %d after %d",
					a.status, requests.Load(), bodies.Load(), row.want, row.requests)
			}
		})
	}
}

func TestRetriesAreCounted(t *testing.T) {
	base, _ := behind(t, failFirst(3, status(502)))
	d := open(t, base, "RETRY_BACKOFF=0s", "RETRY_BUDGET_BURST=2", "RETRY_BUDGET_RATIO=0", "RETRY_BUDGET_PER_SECOND=0")
	for range 2 {
		d.get("/cpu/spin") // fails twice, then once and once more well
	}
	for result, want := range map[string]float64{"failed": 1, "ok": 1, "denied": 0} {
		if got := d.metric("lab_retries_total", testkit.Labels{"http_route": "/cpu/spin", "result": result}); got != want {
			t.Errorf("%v retries %s, want %v", got, result, want)
		}
	}
}

// TestRetriesAddLittleLoad holds the bound that retry budgets are for.
func TestRetriesAddLittleLoad(t *testing.T) {
	const n, ratio, burst = 300, 0.1, 10
	base, requests := behind(t, status(502))
	d := open(t, base, "RETRY_MAX=5", "RETRY_BACKOFF=0s", "BREAKER_ENABLED=false", "RETRY_BUDGET_PER_SECOND=1",
		"RETRY_BUDGET_RATIO="+strconv.FormatFloat(ratio, 'f', -1, 64), "RETRY_BUDGET_BURST="+strconv.Itoa(burst))
	began := time.Now()
	for range n {
		d.get("/io/wait")
	}
	most := n + burst + ratio*n + time.Since(began).Seconds() + 1
	if got := float64(requests.Load()); got > most || got < n+ratio*n/2 {
		t.Errorf("%v requests reached the service for %d of clients, want at most %v", got, n, most)
	}
	if d.metric("lab_retries_total", testkit.Labels{"result": "denied"}) == 0 {
		t.Error("no retry was denied")
	}
}
