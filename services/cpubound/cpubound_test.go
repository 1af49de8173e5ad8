package cpubound_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"sync"
	"testing"
	"time"

	"loadlab/internal/telemetry"
	"loadlab/internal/testkit"
	"loadlab/internal/web"
	"loadlab/services/cpubound"
)

func newService(t *testing.T) (*web.Server, http.Handler) {
	t.Helper()
	tel, err := telemetry.New(t.Context(), telemetry.Config{LogLevel: "info"}, telemetry.Identity{Service: "cpubound"}, &testkit.Output{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := tel.Shutdown(context.Background()); err != nil {
			t.Error(err)
		}
	})
	server := cpubound.New(web.Config{MaxConcurrency: 100, RequestTimeout: time.Minute, MaxBody: 1 << 10}, tel, web.NewEventLoop())
	handler, err := server.Handler()
	if err != nil {
		t.Fatal(err)
	}
	return server, handler
}

func get(handler http.Handler, target string) *httptest.ResponseRecorder {
	recorder := httptest.NewRecorder()
	handler.ServeHTTP(recorder, httptest.NewRequest(http.MethodGet, target, http.NoBody))
	return recorder
}

func decode[T any](t *testing.T, data []byte) (v T) {
	t.Helper()
	if err := json.Unmarshal(data, &v); err != nil {
		t.Fatalf("body %q: %v", data, err)
	}
	return v
}

// step is Marsaglia's generator, written down a second time to check the service's.
func step(x uint64) uint64 {
	x ^= x << 13
	x ^= x >> 7
	return x ^ x<<17
}

func states(n int) []uint64 {
	all := make([]uint64, n)
	x := uint64(1)
	for i := range all {
		x = step(x)
		all[i] = x
	}
	return all
}

// Each result is compared with one that was found in another way.
func TestResults(t *testing.T) {
	hash := make([]byte, sha256.Size)
	for range 300 {
		sum := sha256.Sum256(hash)
		hash = sum[:]
	}
	letters := make([]byte, 2<<10)
	for i, x := range states(len(letters)) {
		letters[i] = 'a' + byte(x%16)
	}
	digest := sha256.Sum256(letters)
	numbers := states(10_001)
	slices.Sort(numbers)

	_, handler := newService(t)
	for _, row := range []struct {
		name, target, field, want string
	}{
		{"hash", "/cpu/hash?rounds=300", "sha256", hex.EncodeToString(hash)},
		{"primes below a million", "/cpu/primes", "count", "78498"}, // OEIS A006880
		{"primes below two", "/cpu/primes?below=2", "count", "0"},
		{"primes below three", "/cpu/primes?below=3", "count", "1"},
		{"matrix", "/cpu/matrix?n=1", "trace", "0"},
		{"matrix of two", "/cpu/matrix?n=2", "trace", fmt.Sprint(traceOfProduct(2))},
		{"matrix of the default", "/cpu/matrix", "trace", fmt.Sprint(traceOfProduct(128))},
		{"sort", "/cpu/sort?n=10001", "median", fmt.Sprint(numbers[5000])},
		{"sort of one", "/cpu/sort?n=1", "median", fmt.Sprint(step(1))},
		{"json", "/cpu/json?records=1000", "sum", "499500"},
		{"json of one", "/cpu/json?records=1", "sum", "0"},
		{"gzip", "/cpu/gzip?kb=2", "sha256", hex.EncodeToString(digest[:])},
	} {
		t.Run(row.name, func(t *testing.T) {
			reply := get(handler, row.target)
			body := decode[struct {
				Work   web.Spent
				Result map[string]json.RawMessage
			}](t, reply.Body.Bytes())
			if got := string(bytes.Trim(body.Result[row.field], `"`)); got != row.want {
				t.Errorf("%s is %s, want %s", row.field, got, row.want)
			}
			if body.Work.Wait != 0 {
				t.Errorf("work %+v", body.Work)
			}
		})
	}
}

// traceOfProduct is the trace of AB with A[i][k] = i+k and B[k][i] = k+2i.
func traceOfProduct(n int) (trace int) {
	for i := range n {
		for k := range n {
			trace += (i + k) * (k + 2*i)
		}
	}
	return trace
}

func TestGzipPacks(t *testing.T) {
	_, handler := newService(t)
	got := decode[struct {
		Result struct {
			Bytes      int
			Compressed int `json:"compressed_bytes"`
		}
	}](t, get(handler, "/cpu/gzip?kb=64").Body.Bytes()).Result
	// Sixteen letters in equal shares hold four bits each: half of a byte.
	if half := got.Bytes / 2; got.Bytes != 64<<10 || got.Compressed < half || got.Compressed > half*11/10 {
		t.Errorf("%d bytes packed into %d", got.Bytes, got.Compressed)
	}
}

type spun struct {
	Work   web.Spent
	Result struct {
		Steps    uint64
		State    uint64 `json:",string"`
		Blocking bool
	}
}

func TestSpin(t *testing.T) {
	_, handler := newService(t)
	for _, row := range []struct {
		name, query string
		ms          float64
	}{
		{"nothing", "?ms=0", 0},
		{"default", "", 10},
		{"a fraction", "?ms=2.5", 2.5},
		{"blocking", "?ms=2&blocking=true", 2},
	} {
		t.Run(row.name, func(t *testing.T) {
			got := decode[spun](t, get(handler, "/cpu/spin"+row.query).Body.Bytes())
			// The thread's clock stands still while others run; what comes on top
			// is one look, some ten microseconds, and what serving the request takes.
			if got.Work.CPU < row.ms || got.Work.CPU > row.ms+2 {
				t.Errorf("used %v ms of CPU time, asked for %v", got.Work.CPU, row.ms)
			}
			state := uint64(1)
			for range got.Result.Steps {
				state = step(state)
			}
			if state != got.Result.State {
				t.Errorf("state %d after %d steps, want %d", got.Result.State, got.Result.Steps, state)
			}
		})
	}
}

// Blocking spins have the event loop one after the other: however many cores
// there are, four take the time of four.
func TestBlockingSpinsTakeTurns(t *testing.T) {
	_, handler := newService(t)
	var all sync.WaitGroup
	began := time.Now()
	for range 4 {
		all.Go(func() { get(handler, "/cpu/spin?ms=10&blocking=true") })
	}
	all.Wait()
	if took := time.Since(began); took < 40*time.Millisecond {
		t.Errorf("four blocking spins of 10 ms took %v", took)
	}
}

// Work of every route stops when the time budget is spent, long before its end:
// what it used is measured by the thread's clock, which other programs do not reach.
func TestWorkStops(t *testing.T) {
	s, handler := newService(t)
	spent := func() float64 {
		return testkit.Gather(t, s.Telemetry().Registry).Sum("lab_work_seconds_total", testkit.Labels{"part": "cpu"})
	}
	for _, target := range []string{
		"/cpu/spin?ms=10000", "/cpu/spin?ms=10000&blocking=true", "/cpu/hash?rounds=10000000", "/cpu/primes?below=50000000",
		"/cpu/matrix?n=1024", "/cpu/sort?n=5000000", "/cpu/json?records=200000", "/cpu/gzip?kb=16384",
	} {
		t.Run(target, func(t *testing.T) {
			r := httptest.NewRequest(http.MethodGet, target, http.NoBody)
			r.Header.Set(web.TimeoutHeader, "5")
			recorder := httptest.NewRecorder()
			before := spent()
			handler.ServeHTTP(recorder, r)
			if recorder.Code != http.StatusGatewayTimeout {
				t.Fatalf("status %d: %.200s", recorder.Code, recorder.Body)
			}
			if used := spent() - before; used > 0.2 {
				t.Errorf("used %.3f s of CPU time with a budget of 0.005 s", used)
			}
		})
	}
}

// The CPU time of a spin whose client has left is wasted, and no more is spent.
func TestAbandonedSpin(t *testing.T) {
	s, handler := newService(t)
	server := httptest.NewServer(handler)
	defer server.Close()
	active := func() float64 {
		return testkit.Gather(t, s.Telemetry().Registry).Sum("http_server_active_requests", nil)
	}
	ctx, leave := context.WithCancel(t.Context())
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, server.URL+"/cpu/spin?ms=10000", http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	go func() {
		for active() == 0 {
			time.Sleep(time.Millisecond)
		}
		time.Sleep(20 * time.Millisecond)
		leave()
	}()
	if response, err := http.DefaultClient.Do(request); err == nil {
		response.Body.Close()
		t.Fatal("the client got a reply")
	}
	server.Close() // waits for the handler
	samples := testkit.Gather(t, s.Telemetry().Registry)
	route := testkit.Labels{"http_route": "/cpu/spin"}
	wasted := samples.Sum("lab_wasted_cpu_seconds_total", route)
	if wasted <= 0 || wasted > 5 || samples.Sum("lab_abandoned_requests_total", route) != 1 {
		t.Errorf("%v s wasted on %v requests", wasted, samples.Sum("lab_abandoned_requests_total", route))
	}
}

func TestBounds(t *testing.T) {
	_, handler := newService(t)
	for _, query := range []string{
		"spin?ms=10001", "spin?ms=-1", "spin?blocking=0", "hash?rounds=0", "hash?rounds=10000001", "primes?below=1", "primes?below=50000001",
		"matrix?n=0", "matrix?n=1025", "sort?n=0", "sort?n=5000001", "json?records=0", "json?records=200001", "gzip?kb=0", "gzip?kb=16385",
		"hash?rounds=1e400", "matrix?n=NaN", "sort?size=5",
	} {
		t.Run(query, func(t *testing.T) {
			if reply := get(handler, "/cpu/"+query); reply.Code != http.StatusBadRequest {
				t.Errorf("status %d, body %s", reply.Code, reply.Body)
			}
		})
	}
}
