package web_test

import (
	"bufio"
	"errors"
	"io"
	"math"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/labstack/echo/v4"

	"loadlab/internal/telemetry"
	"loadlab/internal/testkit"
	"loadlab/internal/web"
)

// bodySize is that of the reply of /t/large, which is more than the kernel takes in any case.
const bodySize = 48 << 10

func large(s *web.Server) {
	s.Echo().Any("/t/large", func(c echo.Context) error { return c.String(http.StatusOK, strings.Repeat("x", bodySize)) })
	s.Echo().Any("/t/none", func(c echo.Context) error { return c.NoContent(http.StatusNoContent) })
}

// served is a surface behind a real listener.
func served(t *testing.T, cfg web.Config, tel telemetry.Config) (*surface, *httptest.Server) {
	t.Helper()
	s := newSurface(t, cfg, tel, large)
	server := httptest.NewServer(s.handler)
	t.Cleanup(server.Close)
	t.Cleanup(func() { s.control(http.MethodDelete, "/fault", "") })
	return s, server
}

// ask sends one request on a connection of its own and returns the reply with
// the error of reading it.
func ask(t *testing.T, server *httptest.Server, method, target string) (status int, body string, err error) {
	t.Helper()
	conn, err := net.Dial("tcp", server.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if _, err := io.WriteString(conn, method+" "+target+" HTTP/1.1\r\nHost: test\r\n\r\n"); err != nil {
		t.Fatal(err)
	}
	request := httptest.NewRequest(method, target, http.NoBody)
	reply, err := http.ReadResponse(bufio.NewReader(conn), request)
	if err != nil {
		return 0, "", err
	}
	defer reply.Body.Close()
	text, err := io.ReadAll(reply.Body)
	return reply.StatusCode, string(text), err
}

func (s *surface) injected(kind, route string) float64 {
	return testkit.Gather(s.t, s.Telemetry().Registry).Sum("lab_fault_injected_total", testkit.Labels{"kind": kind, "http_route": route})
}

func TestConnectionsEndAsTheKindSays(t *testing.T) {
	s, server := served(t, defaults(), telemetry.Config{})
	for _, row := range []struct {
		fault, method, target string
		status, size          int
		err                   error
		injected              float64
	}{
		{"kind=drop&value=1", "GET", "/t/wait?ms=0", 0, 0, io.ErrUnexpectedEOF, 1},
		{"kind=drop&value=1", "POST", "/t/wait?ms=0", 0, 0, io.ErrUnexpectedEOF, 1},
		{"kind=drop&value=0", "GET", "/t/large", 200, bodySize, nil, 0},
		{"kind=drop&value=1&route=/t/probe", "GET", "/t/large", 200, bodySize, nil, 0},
		{"kind=reset&value=1", "GET", "/t/wait?ms=0", 0, 0, syscall.ECONNRESET, 1},
		{"kind=truncate&value=0", "GET", "/t/large", 200, 0, io.ErrUnexpectedEOF, 1},
		{"kind=truncate&value=100", "GET", "/t/large", 200, 100, io.ErrUnexpectedEOF, 1},
		{"kind=truncate&value=40000", "GET", "/t/large", 200, 40_000, io.ErrUnexpectedEOF, 1},
		{"kind=truncate&value=1048576", "GET", "/t/large", 200, bodySize - 1, io.ErrUnexpectedEOF, 1},
		{"kind=truncate&value=100&share=0", "GET", "/t/large", 200, bodySize, nil, 0},
		{"kind=truncate&value=100", "HEAD", "/t/large", 200, 0, nil, 0},
		{"kind=truncate&value=100", "GET", "/t/none", 204, 0, nil, 0},
		{"kind=slow_body&value=1000000", "GET", "/t/large", 200, bodySize, nil, 1},
		{"kind=slow_body&value=1", "HEAD", "/t/large", 200, 0, nil, 0},
	} {
		kind, _, _ := strings.Cut(strings.TrimPrefix(row.fault, "kind="), "&")
		path, _, _ := strings.Cut(row.target, "?")
		before := s.injected(kind, path)
		s.setFault(t, row.fault)
		status, body, err := ask(t, server, row.method, row.target)
		s.control(http.MethodDelete, "/fault", "")
		if status != row.status || len(body) != row.size || !errors.Is(err, row.err) {
			t.Errorf("%s, %s %s: status %d, %d bytes, %v", row.fault, row.method, row.target, status, len(body), err)
		}
		if got := s.injected(kind, path) - before; got != row.injected {
			t.Errorf("%s, %s %s: counted %v times, want %v", row.fault, row.method, row.target, got, row.injected)
		}
		if status, body, err := ask(t, server, "GET", "/t/large"); status != 200 || len(body) != bodySize || err != nil {
			t.Errorf("after %s: status %d, %d bytes, %v", row.fault, status, len(body), err)
		}
	}
}

// Both faults on one reply: it trickles, and then ends early.
func TestASlowBodyCanBeCut(t *testing.T) {
	s, server := served(t, defaults(), telemetry.Config{})
	s.setFault(t, "kind=slow_body&value=100000")
	s.setFault(t, "kind=truncate&value=1000")
	began := time.Now()
	status, body, err := ask(t, server, "GET", "/t/large")
	if status != 200 || len(body) != 1000 || !errors.Is(err, io.ErrUnexpectedEOF) || time.Since(began) < 10*time.Millisecond {
		t.Errorf("status %d, %d bytes, %v after %v", status, len(body), err, time.Since(began))
	}
}

// keeping records a reply and whether a deadline of writing was in the past.
type keeping struct {
	*httptest.ResponseRecorder
	late bool
}

// SetWriteDeadline is found by http.ResponseController.
func (k *keeping) SetWriteDeadline(at time.Time) error {
	k.late = k.late || at.Before(time.Now())
	return nil
}

// serve serves one request in this goroutine, and reports whether the connection was ended.
func (k *keeping) serve(handler http.Handler, target string) (ended bool) {
	defer func() {
		if value := recover(); value != nil {
			err, ok := value.(error)
			ended = ok && errors.Is(err, http.ErrAbortHandler)
		}
	}()
	handler.ServeHTTP(k, httptest.NewRequest(http.MethodGet, target, http.NoBody))
	return false
}

// The rate of a slow body is the fault's. It is wait, the client is not taken for
// a slow reader, and the reply is whole.
func TestASlowBodyHasItsRate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cfg := defaults()
		cfg.Transfers = web.Transfers{Timeout: 50 * time.Millisecond}
		s := newSurface(t, cfg, telemetry.Config{}, large)
		s.setFault(t, "kind=slow_body&value=10000&duration=1m")
		reply, began := &keeping{ResponseRecorder: httptest.NewRecorder()}, time.Now()
		if reply.serve(s.handler, "/t/large") || reply.Code != http.StatusOK || reply.Body.Len() != bodySize || reply.late {
			t.Errorf("status %d, %d bytes, too late: %t", reply.Code, reply.Body.Len(), reply.late)
		}
		const want = bodySize / 10_000.0
		if took := time.Since(began).Seconds(); math.Abs(took-want) > 0.01 {
			t.Errorf("it took %v s, want %v", took, want)
		}
		got := testkit.Gather(t, s.Telemetry().Registry).Sum("lab_work_seconds_total", testkit.Labels{"http_route": "/t/large", "part": "wait"})
		if math.Abs(got-want) > 0.01 {
			t.Errorf("%v s of it are wait, want %v", got, want)
		}
	})
}

// A reply that does not fit into the time budget must not look complete.
func TestASlowBodyEndsWithItsBudget(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cfg := defaults()
		cfg.RequestTimeout = 2 * time.Second
		s := newSurface(t, cfg, telemetry.Config{}, large)
		s.setFault(t, "kind=slow_body&value=10000")
		reply, began := &keeping{ResponseRecorder: httptest.NewRecorder()}, time.Now()
		ended := reply.serve(s.handler, "/t/large")
		if !ended || time.Since(began) != 2*time.Second || reply.Body.Len() >= bodySize {
			t.Errorf("connection ended: %t after %v, with %d bytes", ended, time.Since(began), reply.Body.Len())
		}
	})
}

// A latency is the wait of the request, for its caller too.
func TestLatencyIsWait(t *testing.T) {
	onFakeClock(t, func(t *testing.T, s *surface) {
		s.setFault(t, "kind=latency&value=250")
		reply := s.get("/t/wait?ms=0")
		if timing := reply.Header().Get("Server-Timing"); !strings.Contains(timing, "wait;dur=250.000") {
			t.Errorf("Server-Timing %q", timing)
		}
		if work := decode[web.Reply](t, reply.Body.Bytes()).Work; work.Wait != 250 {
			t.Errorf("split %+v", work)
		}
		got := testkit.Gather(t, s.Telemetry().Registry).Sum("lab_work_seconds_total", testkit.Labels{"part": "wait"})
		if got != 0.25 {
			t.Errorf("the metric has a wait of %v s", got)
		}
	})
}

func TestErrorsComeInBursts(t *testing.T) {
	onFakeClock(t, func(t *testing.T, s *surface) {
		s.setFault(t, "kind=errors&value=1&on=2s&off=3s&duration=1m")
		for second := range 12 {
			want := http.StatusOK
			if second%5 < 2 {
				want = http.StatusInternalServerError
			}
			if status, _ := s.timed(); status != want {
				t.Errorf("after %d s: status %d", second, status)
			}
			time.Sleep(time.Second)
		}
	})
}

func TestOneSeedGivesOneSequence(t *testing.T) {
	onFakeClock(t, func(t *testing.T, s *surface) {
		sequence := func(seed int) (statuses []int) {
			s.setFault(t, "kind=errors&value=0.5&statuses=500,503&seed="+strconv.Itoa(seed))
			for range 60 {
				status, _ := s.timed()
				statuses = append(statuses, status)
			}
			return statuses
		}
		first := sequence(1)
		if again := sequence(1); !slices.Equal(first, again) {
			t.Errorf("seed 1 gives %v, then %v", first, again)
		}
		if other := sequence(2); slices.Equal(first, other) {
			t.Errorf("two seeds give %v", first)
		}
	})
}

// The fault of a route comes before the one for all.
func TestFaultsOfRoutes(t *testing.T) {
	onFakeClock(t, func(t *testing.T, s *surface) {
		s.setFault(t, "kind=latency&value=100")
		s.setFault(t, "kind=latency&value=300&route=/t/wait")
		latency := func(target string) time.Duration {
			began := time.Now()
			s.get(target)
			return time.Since(began)
		}
		if all, own := latency("/t/probe"), latency("/t/wait?ms=0"); all != 100*time.Millisecond || own != 300*time.Millisecond {
			t.Errorf("%v for all, %v for the route", all, own)
		}
		s.control(http.MethodDelete, "/fault?route=/t/wait", "")
		if got := latency("/t/wait?ms=0"); got != 100*time.Millisecond {
			t.Errorf("%v after the fault of the route has ended", got)
		}
		s.control(http.MethodDelete, "/fault?kind=latency", "")
		if got := latency("/t/probe"); got != 0 {
			t.Errorf("%v after all have ended", got)
		}
	})
}

// Metric, span and access log say which faults acted on a request.
func TestInjectedFaultsAreMarked(t *testing.T) {
	collector := testkit.NewCollector(t)
	s, server := served(t, defaults(), exporting(collector.URL, "always_on"))
	_, _, _ = ask(t, server, "GET", "/t/wait?ms=0")
	s.setFault(t, "kind=latency&value=1")
	s.setFault(t, "kind=errors&value=1&statuses=503")
	_, _, _ = ask(t, server, "GET", "/t/wait?ms=0")
	s.control(http.MethodDelete, "/fault", "")
	s.setFault(t, "kind=truncate&value=1")
	_, _, _ = ask(t, server, "GET", "/t/wait?ms=0")
	s.control(http.MethodDelete, "/fault", "")
	s.setFault(t, "kind=drop&value=1")
	_, _, _ = ask(t, server, "GET", "/t/wait?ms=0")
	server.Close()

	type marked struct{ faults, status string }
	want := []marked{{"", "200"}, {"latency,errors", "503"}, {"truncate", "200"}, {"drop", "500"}}
	var lines, spans []marked
	for _, line := range s.access() {
		var kinds []string
		if list, ok := line["faults"].([]any); ok {
			for _, kind := range list {
				kinds = append(kinds, kind.(string))
			}
		}
		lines = append(lines, marked{strings.Join(kinds, ","), strconv.Itoa(int(line["status"].(float64)))})
	}
	for _, span := range collector.Spans() {
		spans = append(spans, marked{span.Attrs["lab.faults"], span.Attrs["http.response.status_code"]})
	}
	// A reply is read before its request is logged, so the order may differ.
	for _, all := range [][]marked{lines, spans, want} {
		slices.SortFunc(all, func(a, b marked) int { return strings.Compare(a.faults, b.faults) })
	}
	if !slices.Equal(lines, want) {
		t.Errorf("access log %v, want %v", lines, want)
	}
	if !slices.Equal(spans, want) {
		t.Errorf("spans %v, want %v", spans, want)
	}
}

// What busy threads take from requests is their queue, and probes are answered
// meanwhile. That the threads take slots is tested in package fault.
func TestStolenCPUIsQueue(t *testing.T) {
	s := newSurface(t, defaults(), telemetry.Config{}, func(s *web.Server) { s.ComputeIn(newSlots(t, 1, web.QueueBounds{})) })
	t.Cleanup(func() { s.control(http.MethodDelete, "/fault", "") })
	s.setFault(t, "kind=cpu&value=1&duration=1h")
	sum := func(name string, labels testkit.Labels) float64 {
		return testkit.Gather(t, s.Telemetry().Registry).Sum(name, labels)
	}
	deadline := time.Now().Add(time.Minute)
	for sum("lab_work_seconds_total", testkit.Labels{"part": "queue"}) < 0.1 || sum("lab_fault_cpu_seconds_total", nil) == 0 {
		if time.Now().After(deadline) {
			t.Fatal("requests do not queue behind the threads")
		}
		s.get("/t/wait?ms=0")
	}
	if reply := s.control(http.MethodGet, "/readyz", ""); reply.Code != http.StatusOK {
		t.Errorf("the readiness check is answered %d", reply.Code)
	}
}
