package iobound_test

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"loadlab/internal/exitcode"
	"loadlab/internal/outbound"
	"loadlab/internal/telemetry"
	"loadlab/internal/testkit"
	"loadlab/internal/web"
	"loadlab/services/iobound"
)

type service struct {
	server  *web.Server
	handler http.Handler
	dir     string
}

func newService(t *testing.T, self string) *service {
	t.Helper()
	tel, err := telemetry.New(t.Context(), telemetry.Config{LogLevel: "info", Sampler: "always_on"},
		telemetry.Identity{Service: "iobound"}, &testkit.Output{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := tel.Shutdown(context.Background()); err != nil {
			t.Error(err)
		}
	})
	transport := outbound.NewTransport(outbound.Config{}, tel)
	t.Cleanup(transport.Close)
	s := &service{dir: t.TempDir()}
	cfg := web.Config{MaxConcurrency: 100, RequestTimeout: 70 * time.Second, MaxBody: 1 << 10}
	s.server = iobound.New(cfg, tel, s.dir, web.NewEventLoop(),
		outbound.NewClient("iobound", self, transport))
	if s.handler, err = s.server.Handler(); err != nil {
		t.Fatal(err)
	}
	return s
}

// get serves one request in this goroutine.
func (s *service) get(target string) *httptest.ResponseRecorder {
	recorder := httptest.NewRecorder()
	s.handler.ServeHTTP(recorder, httptest.NewRequest(http.MethodGet, target, http.NoBody))
	return recorder
}

func decode[T any](t *testing.T, data []byte) (v T) {
	t.Helper()
	if err := json.Unmarshal(data, &v); err != nil {
		t.Fatalf("body %q: %v", data, err)
	}
	return v
}

type waited struct {
	Work   web.Spent
	Result struct {
		Milliseconds float64 `json:"waited_ms"`
		Blocking     bool
	}
}

func TestWait(t *testing.T) {
	for _, row := range []struct {
		name, query string
		least, most time.Duration
		blocking    bool
	}{
		{"default", "", 50 * time.Millisecond, 50 * time.Millisecond, false},
		{"nothing", "?ms=0", 0, 0, false},
		{"a fraction of a millisecond", "?ms=0.25", 250 * time.Microsecond, 250 * time.Microsecond, false},
		{"a minute", "?ms=60000", time.Minute, time.Minute, false},
		{"jitter", "?ms=100&jitter=0.5", 50 * time.Millisecond, 150 * time.Millisecond, false},
		{"blocking", "?ms=70&blocking=true", 70 * time.Millisecond, 70 * time.Millisecond, true},
	} {
		t.Run(row.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := newService(t, "")
				began := time.Now()
				got := decode[waited](t, s.get("/io/wait"+row.query).Body.Bytes())
				took := time.Since(began)
				if took < row.least || took > row.most || got.Result.Blocking != row.blocking {
					t.Errorf("took %v, reply %+v", took, got)
				}
				if ms := float64(took) / float64(time.Millisecond); got.Result.Milliseconds != ms || got.Work.Wait < ms-0.001 || got.Work.Wait > ms {
					t.Errorf("the reply says %v ms and %v ms of wait, it took %v", got.Result.Milliseconds, got.Work.Wait, took)
				}
			})
		})
	}
}

// Jitter spreads waits evenly around ms: of 200, some are in each outer quarter.
func TestJitterSpreads(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newService(t, "")
		short, long := 0, 0
		for range 200 {
			switch ms := decode[waited](t, s.get("/io/wait?ms=100&jitter=1").Body.Bytes()).Result.Milliseconds; {
			case ms < 0 || ms > 200:
				t.Errorf("waited %v ms", ms)
			case ms < 50:
				short++
			case ms > 150:
				long++
			}
		}
		if short < 20 || long < 20 {
			t.Errorf("%d of 200 waits below and %d above the middle half, want about 50 each", short, long)
		}
	})
}

// Waits are concurrent; blocking ones hold the event loop and queue for it.
func TestConcurrentWaits(t *testing.T) {
	for _, row := range []struct {
		name, query string
		want        time.Duration
	}{
		{"twenty at once take one", "", 100 * time.Millisecond},
		{"twenty blocking take twenty", "&blocking=true", 2 * time.Second},
	} {
		t.Run(row.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := newService(t, "")
				began := time.Now()
				replies := make(chan *httptest.ResponseRecorder)
				for range 20 {
					go func() { replies <- s.get("/io/wait?ms=100" + row.query) }()
				}
				var queue float64
				for range 20 {
					got := decode[waited](t, (<-replies).Body.Bytes())
					queue += got.Work.Queue
					if got.Work.Wait != 100 {
						t.Errorf("waited %v ms", got.Work.Wait)
					}
				}
				if took := time.Since(began); took != row.want {
					t.Errorf("took %v, want %v", took, row.want)
				}
				// 0 + 1 + … + 19 waits of 100 ms in the queue, for the blocking ones.
				if blocking := row.query != ""; blocking && (queue < 18_900 || queue > 19_000) {
					t.Errorf("queue of all is %v ms, want 19000", queue)
				}
			})
		})
	}
}

// A client that leaves while it queues for the event loop does not hold it afterwards.
func TestLeavingTheQueueOfTheEventLoop(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newService(t, "")
		done := make(chan int, 2)
		go func() { done <- s.get("/io/wait?ms=1000&blocking=true").Code }()
		synctest.Wait()
		r := httptest.NewRequest(http.MethodGet, "/io/wait?ms=1000&blocking=true", http.NoBody)
		r.Header.Set(web.TimeoutHeader, "10")
		recorder := httptest.NewRecorder()
		s.handler.ServeHTTP(recorder, r)
		if recorder.Code != http.StatusGatewayTimeout {
			t.Errorf("status %d", recorder.Code)
		}
		if code := <-done; code != http.StatusOK {
			t.Errorf("status %d of the request that held the loop", code)
		}
		began := time.Now()
		if code := s.get("/io/wait?ms=10&blocking=true").Code; code != http.StatusOK || time.Since(began) != 10*time.Millisecond {
			t.Errorf("status %d after %v: the loop is still held", code, time.Since(began))
		}
	})
}

func TestDisk(t *testing.T) {
	const line = "loadlab writes this line to the disk and reads it back again.\n"
	for _, row := range []struct {
		name, query string
		bytes       int
		synced      bool
	}{
		{"default", "", 64 << 10, true},
		{"least", "?kb=1", 1 << 10, true},
		{"not synced", "?kb=2&sync=false", 2 << 10, false},
		{"greatest", "?kb=16384&sync=false", 16 << 20, false},
	} {
		t.Run(row.name, func(t *testing.T) {
			s := newService(t, "")
			reply := s.get("/io/disk" + row.query)
			got := decode[struct {
				Work   web.Spent
				Result struct {
					Bytes  int
					Synced bool
					SHA256 string
				}
			}](t, reply.Body.Bytes())
			sum := sha256.Sum256([]byte(strings.Repeat(line, row.bytes/len(line)+1)[:row.bytes]))
			if got.Result.Bytes != row.bytes || got.Result.Synced != row.synced || got.Result.SHA256 != hex.EncodeToString(sum[:]) {
				t.Errorf("reply %s", reply.Body)
			}
			if got.Work.Wait <= 0 {
				t.Errorf("no wait for the disk: %+v", got.Work)
			}
			if left, err := os.ReadDir(s.dir); err != nil || len(left) != 0 {
				t.Errorf("files left: %v %v", left, err)
			}
		})
	}
}

func TestDiskThatFails(t *testing.T) {
	s := newService(t, "")
	if err := os.Remove(s.dir); err != nil {
		t.Fatal(err)
	}
	reply := s.get("/io/disk?kb=1")
	if reply.Code != http.StatusInternalServerError || strings.Contains(reply.Body.String(), s.dir) {
		t.Errorf("status %d, body %s", reply.Code, reply.Body)
	}
}

// Three hops are four requests to the service, nested in each other, of one trace.
func TestCallCrossesTheNetwork(t *testing.T) {
	collector := testkit.NewCollector(t)
	p := testkit.Start(t, "iobound", "OTEL_EXPORTER_OTLP_ENDPOINT="+collector.URL, "OTEL_TRACES_SAMPLER=always_on")
	response, err := http.Get(p.URL + "/io/call?hops=3&ms=5")
	if err != nil {
		t.Fatal(err)
	}
	response.Body.Close()
	if response.StatusCode != http.StatusOK {
		t.Fatalf("status %s", response.Status)
	}
	if code := p.Stop(); code != exitcode.Pass {
		t.Errorf("exit code %d", code)
	}
	parents := map[string]string{}
	spans := collector.Spans()
	for _, span := range spans {
		parents[span.ID] = span.ParentID
	}
	// Four server spans, and a client span between each two.
	if len(spans) != 7 {
		t.Fatalf("%d spans, want 7", len(spans))
	}
	for _, leaf := range collector.Spans(testkit.Named("GET /io/wait")) {
		depth := 0
		for id := leaf.ID; id != ""; id = parents[id] {
			depth++
		}
		if depth != 7 {
			t.Errorf("the chain of spans is %d long, want 7", depth)
		}
	}
}

func TestCallThatFails(t *testing.T) {
	dead := httptest.NewServer(http.NotFoundHandler())
	refusing := newService(t, dead.URL)
	if reply := refusing.get("/io/call?ms=1"); reply.Code != http.StatusBadGateway {
		t.Errorf("a callee that answers 404: status %d, body %s", reply.Code, reply.Body)
	}
	dead.Close()
	if reply := refusing.get("/io/call?ms=1"); reply.Code != http.StatusBadGateway || strings.Contains(reply.Body.String(), dead.URL) {
		t.Errorf("no callee: status %d, body %s", reply.Code, reply.Body)
	}
}

func TestBounds(t *testing.T) {
	s := newService(t, "")
	for _, query := range []string{
		"wait?ms=60001", "wait?ms=-1", "wait?jitter=1.1", "wait?jitter=NaN", "wait?blocking=1", "disk?kb=0", "disk?kb=16385", "disk?kb=1.5",
		"disk?sync=yes", "call?hops=0", "call?hops=9", "call?ms=60001", "call?url=http://example.org",
	} {
		t.Run(query, func(t *testing.T) {
			if reply := s.get("/io/" + query); reply.Code != http.StatusBadRequest {
				t.Errorf("status %d, body %s", reply.Code, reply.Body)
			}
		})
	}
}
