package gateway_test

import (
	"bufio"
	"context"
	"io"
	"net"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"loadlab/internal/outbound"
	"loadlab/internal/testkit"
)

func TestWhatTheServiceSees(t *testing.T) {
	var seen *http.Request
	base, _ := behind(t, func(_ http.ResponseWriter, r *http.Request) { seen = r })
	d := open(t, base)
	const trace = "0af7651916cd43dd8448eb211c80319c"
	d.get("/io/wait?ms=5&a=%zz;b", "Traceparent", "00-"+trace+"-b7ad6b7169203331-01", "Tracestate", "vendor=x", "X-Request-Id", "req-1",
		"X-Forwarded-For", "203.0.113.9", "X-Forwarded-Host", "evil.example", "Forwarded", "for=203.0.113.9",
		"Connection", "X-Hop", "X-Hop", "1", "Te", "trailers", "X-Request-Timeout-Ms", "3000")
	for _, row := range []struct{ name, got, want string }{
		{"the path", seen.URL.Path, "/io/wait"},
		{"the query as it was sent", seen.URL.RawQuery, "ms=5&a=%zz;b"},
		{"the host of the service", "http://" + seen.Host, base},
		{"the request id", seen.Header.Get("X-Request-Id"), "req-1"},
		{"the state of the trace", seen.Header.Get("Tracestate"), "vendor=x"},
		{"the client's address from the connection", seen.Header.Get("X-Forwarded-For"), "127.0.0.1"},
		{"the gateway's host", "http://" + seen.Header.Get("X-Forwarded-Host"), d.url},
		{"no claim about forwarding", seen.Header.Get("Forwarded"), ""},
		{"no header of the hop before", seen.Header.Get("X-Hop") + seen.Header.Get("Te"), ""},
	} {
		if row.got != row.want {
			t.Errorf("%s: got %q, want %q", row.name, row.got, row.want)
		}
	}
	parent := seen.Header.Values("Traceparent")
	if len(parent) != 1 || !strings.HasPrefix(parent[0], "00-"+trace+"-") || strings.Contains(parent[0], "b7ad6b7169203331") {
		t.Errorf("traceparent is %q, want the same trace with the gateway's span", parent)
	}
	left, err := strconv.Atoi(seen.Header.Get("X-Request-Timeout-Ms"))
	if err != nil || left > 3000 || left < 1000 {
		t.Errorf("the service has %d ms, want somewhat less than 3000", left)
	}
}

func TestAServiceBelowAPath(t *testing.T) {
	var seen string
	base, _ := behind(t, func(_ http.ResponseWriter, r *http.Request) { seen = r.URL.Path })
	open(t, base+"/services/a%20b/").get("/io/wait?ms=5")
	if want := "/services/a b/io/wait"; seen != want {
		t.Errorf("the service sees %q, want %q", seen, want)
	}
}

func TestNoRequestChoosesAnAddress(t *testing.T) {
	base, requests := behind(t, func(http.ResponseWriter, *http.Request) {})
	elsewhere, strayed := behind(t, func(http.ResponseWriter, *http.Request) {})
	d := open(t, base)
	address := strings.TrimPrefix(d.url, "http://")
	host := strings.TrimPrefix(elsewhere, "http://")
	for _, head := range []string{
		"GET " + elsewhere + "/io/wait HTTP/1.1\r\nHost: " + host + "\r\n",
		"GET /io/wait HTTP/1.1\r\nHost: " + host + "\r\n",
		"GET /io//" + host + "/ HTTP/1.1\r\nHost: x\r\n",
		"GET /io/@" + host + "/ HTTP/1.1\r\nHost: x\r\n",
		"GET /io/wait HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n",
	} {
		conn, err := net.Dial("tcp", address)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.WriteString(conn, head+"\r\n"); err != nil {
			t.Fatal(err)
		}
		response, err := http.ReadResponse(bufio.NewReader(conn), nil)
		if err != nil {
			t.Fatal(err)
		}
		_ = response.Body.Close()
		_ = conn.Close()
		if response.StatusCode != http.StatusOK {
			t.Errorf("%q was answered %s", head, response.Status)
		}
	}
	if strayed.Load() != 0 || requests.Load() != 5 {
		t.Errorf("%d requests went astray, %d to the service, want 0 and 5", strayed.Load(), requests.Load())
	}
}

func TestWhatTheClientSees(t *testing.T) {
	base, _ := behind(t, func(w http.ResponseWriter, _ *http.Request) {
		time.Sleep(30 * time.Millisecond)
		h := w.Header()
		h.Set("Server-Timing", "cpu;dur=7.000, wait;dur=2.000, queue;dur=3.000, total;dur=12.000")
		h.Set("Traceresponse", "00-11111111111111111111111111111111-2222222222222222-00")
		h.Set("X-Request-Id", "another")
		h.Set("Etag", `"7"`)
		h.Set("Connection", "X-Hop")
		h.Set("X-Hop", "1")
		w.WriteHeader(http.StatusTeapot)
		_, _ = io.WriteString(w, "short and stout")
	})
	a := open(t, base).get("/cpu/spin", "X-Request-Id", "mine")
	if a.status != http.StatusTeapot || a.body != "short and stout" || a.header.Get("Etag") != `"7"` || a.header.Get("X-Hop") != "" {
		t.Errorf("got %+v", a)
	}
	for _, name := range []string{"Server-Timing", "Traceresponse", "X-Request-Id"} {
		if values := a.header.Values(name); len(values) != 1 || strings.Contains(values[0], "2222") || values[0] == "another" {
			t.Errorf("%s is %q, want the gateway's alone", name, values)
		}
	}
	cpu, wait, queue := splitOf(t, a)
	// The service accounts for 12 of 30 ms; the rest is no part of a wait.
	if cpu < 7 || queue < 3 || wait < 1.9 || wait > 10 {
		t.Errorf("cpu %v, wait %v, queue %v ms, want the service's 7, 2 and 3 with little more", cpu, wait, queue)
	}
}

// splitOf reads the parts of a reply's Server-Timing, in milliseconds.
func splitOf(t *testing.T, a answer) (cpu, wait, queue float64) {
	t.Helper()
	split, ok := outbound.ReadTiming(a.header)
	if !ok {
		t.Fatalf("Server-Timing %q", a.header.Get("Server-Timing"))
	}
	ms := func(d time.Duration) float64 { return d.Seconds() * 1e3 }
	return ms(split.CPU), ms(split.Wait), ms(split.Queue)
}

// A computation in the service never waits there, so that all of the call is
// its cpu, its queue and the way to it.
func TestComputationBehindTheGatewayIsCPU(t *testing.T) {
	base, _ := behind(t, func(w http.ResponseWriter, _ *http.Request) {
		time.Sleep(30 * time.Millisecond)
		w.Header().Set("Server-Timing", "cpu;dur=20.000, wait;dur=0.000, queue;dur=5.000, total;dur=25.000")
	})
	cpu, wait, queue := splitOf(t, open(t, base).get("/cpu/spin"))
	if cpu < 20 || cpu > 25 || queue < 5 || wait > 2 {
		t.Errorf("cpu %v, wait %v, queue %v ms, want the service's 20, 0 and 5 with little more", cpu, wait, queue)
	}
}

func TestBodies(t *testing.T) {
	base, requests := behind(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/io/large" {
			_, _ = w.Write(make([]byte, 2000))
			return
		}
		body, err := io.ReadAll(r.Body)
		if err != nil {
			t.Error(err)
		}
		_, _ = w.Write(body)
	})
	d := open(t, base, "MAX_BODY_BYTES=10", "MAX_REPLY_BYTES=1024", "RETRY_MAX=3", "RETRY_BACKOFF=0s")
	if a := d.send(http.MethodPost, "/io/wait", "0123456789"); a.status != http.StatusOK || a.body != "0123456789" {
		t.Errorf("a body was passed on as %d %q", a.status, a.body)
	}
	before := requests.Load()
	chunked := struct{ io.Reader }{strings.NewReader("01234567890")}
	request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, d.url+"/io/wait", chunked)
	if err != nil {
		t.Fatal(err)
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	_ = response.Body.Close()
	if response.StatusCode != http.StatusRequestEntityTooLarge || requests.Load() != before {
		t.Errorf("a body over the limit was answered %s and reached the service %d times", response.Status, requests.Load()-before)
	}
	if a := d.get("/io/large"); a.status != http.StatusBadGateway || requests.Load() != before+1 {
		t.Errorf("a reply over the limit gave %d after %d requests", a.status, requests.Load()-before)
	}
}

func TestBudgetIsSpent(t *testing.T) {
	stopped := make(chan struct{}, 2)
	base, _ := behind(t, func(_ http.ResponseWriter, r *http.Request) {
		<-r.Context().Done()
		stopped <- struct{}{}
	})
	d := open(t, base, "IO_TIMEOUT=30ms", "ROUTE_TIMEOUTS=/io/disk=60ms", "RETRY_MAX=5")
	for path, least := range map[string]time.Duration{"/io/wait": 30 * time.Millisecond, "/io/disk": 60 * time.Millisecond} {
		began := time.Now()
		if a := d.get(path); a.status != http.StatusGatewayTimeout || time.Since(began) < least {
			t.Errorf("%s was answered %d after %v", path, a.status, time.Since(began))
		} else {
			a.problem(t)
		}
		<-stopped
	}
}

func TestAClientThatLeavesStopsTheService(t *testing.T) {
	arrived, stopped := make(chan struct{}), make(chan struct{})
	base, _ := behind(t, func(_ http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body) // until then net/http does not watch the connection
		close(arrived)
		<-r.Context().Done()
		close(stopped)
	})
	d := open(t, base)
	ctx, leave := context.WithCancel(t.Context())
	go func() { <-arrived; leave() }()
	if _, err := d.do(ctx, http.MethodPost, "/mixed/sequence", "{}"); err == nil {
		t.Error("the request was answered")
	}
	<-stopped
	labels := testkit.Labels{"http_route": "/mixed/sequence"}
	for deadline := time.Now().Add(5 * time.Second); d.metric("lab_abandoned_requests_total", labels) != 1; time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("the request is not counted as abandoned")
		}
	}
	if state := d.metric("lab_breaker_state", testkit.Labels{"upstream": "mixed", "state": "closed"}); state != 1 {
		t.Error("the breaker is not closed")
	}
}

func TestConcurrencyIsLimited(t *testing.T) {
	release := make(chan struct{})
	arrived := make(chan struct{}, 2)
	base, requests := behind(t, func(_ http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/cpu/spin" {
			arrived <- struct{}{}
			<-release
		}
	})
	d := open(t, base, "CPU_CONCURRENCY=2")
	done := make(chan int, 2)
	for range 2 {
		go func() {
			a, err := d.do(t.Context(), http.MethodGet, "/cpu/spin", "")
			if err != nil {
				t.Error(err)
			}
			done <- a.status
		}()
	}
	<-arrived
	<-arrived
	a := d.get("/cpu/spin")
	if a.status != http.StatusServiceUnavailable || a.header.Get("Retry-After") == "" {
		t.Errorf("the third request was answered %d with Retry-After %q", a.status, a.header.Get("Retry-After"))
	}
	if other := d.get("/io/wait"); other.status != http.StatusOK {
		t.Errorf("another group was answered %d", other.status)
	}
	close(release)
	if first, second := <-done, <-done; first != http.StatusOK || second != http.StatusOK {
		t.Errorf("the first two were answered %d and %d", first, second)
	}
	if shed := d.metric("lab_shed_requests_total", testkit.Labels{"http_route": "/cpu/spin", "reason": "concurrency"}); shed != 1 || requests.Load() != 3 {
		t.Errorf("%v shed and %d forwarded, want 1 and 3", shed, requests.Load())
	}
}
