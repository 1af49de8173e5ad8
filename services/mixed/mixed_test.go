package mixed_test

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/goleak"

	"loadlab/internal/outbound"
	"loadlab/internal/telemetry"
	"loadlab/internal/web"
	"loadlab/services/mixed"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// listen serves handler until the test ends.
func listen(t *testing.T, handler http.Handler) string {
	t.Helper()
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	return server.URL
}

// start runs mixed with the two callees.
func start(t *testing.T, io, cpu http.HandlerFunc) string {
	t.Helper()
	tel, err := telemetry.New(t.Context(), telemetry.Config{LogLevel: "error"}, telemetry.Identity{Service: "mixed"}, discard{})
	if err != nil {
		t.Fatal(err)
	}
	transport := outbound.NewTransport(outbound.Config{}, tel)
	cfg := web.Config{MaxConcurrency: 10, RequestTimeout: 10 * time.Second, MaxBody: 1 << 10}
	server := mixed.New(cfg, tel, outbound.NewClient("iobound", listen(t, io), transport), outbound.NewClient("cpubound", listen(t, cpu), transport))
	handler, err := server.Handler()
	if err != nil {
		t.Fatal(err)
	}
	url := listen(t, handler)
	t.Cleanup(func() {
		transport.Close()
		http.DefaultClient.CloseIdleConnections()
		if err := tel.Shutdown(context.Background()); err != nil {
			t.Error(err)
		}
	})
	return url
}

type discard struct{}

func (discard) Write(p []byte) (int, error) { return len(p), nil }

// worked answers as a work route does that spent ms in part, after taking that long.
func worked(part string, factor float64) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		ms, err := strconv.ParseFloat(r.URL.Query().Get("ms"), 64)
		if err != nil {
			w.WriteHeader(http.StatusBadRequest)
			return
		}
		time.Sleep(time.Duration(ms * float64(time.Millisecond)))
		ms *= factor
		work := map[string]any{"cpu_ms": 0, "wait_ms": 0, "queue_ms": 0, "wall_ms": ms, "cpu_clock": "thread"}
		work[part+"_ms"] = ms
		w.Header().Set("Server-Timing", "cpu;dur="+text(work["cpu_ms"])+", wait;dur="+text(work["wait_ms"])+", queue;dur=0")
		_ = json.NewEncoder(w).Encode(map[string]any{"service": part + "bound", "work": work, "result": map[string]any{"waited_ms": ms}})
	}
}

func text(v any) string {
	encoded, _ := json.Marshal(v)
	return string(encoded)
}

func get(t *testing.T, target string) (status int, header http.Header, body string) {
	t.Helper()
	response, err := http.Get(target)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	all, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return response.StatusCode, response.Header, string(all)
}

func TestResultSumsUpTheCallees(t *testing.T) {
	url := start(t, worked("wait", 1), worked("cpu", 1))
	for _, route := range []string{"/mixed/sequence", "/mixed/parallel"} {
		status, _, body := get(t, url+route+"?io_ms=40&cpu_ms=10&width=3")
		var reply struct {
			Work   web.Spent `json:"work"`
			Result struct {
				Calls   int `json:"calls"`
				IO, CPU struct {
					Calls int       `json:"calls"`
					Work  web.Spent `json:"work"`
				}
			} `json:"result"`
		}
		if err := json.Unmarshal([]byte(body), &reply); err != nil || status != http.StatusOK {
			t.Fatalf("%s was answered %d %s", route, status, body)
		}
		r := reply.Result
		if r.Calls != 6 || r.IO.Calls != 3 || r.CPU.Calls != 3 || r.IO.Work.Wait != 120 || r.CPU.Work.CPU != 30 {
			t.Errorf("%s: the result is %+v", route, r)
		}
		least, most := 150.0, 1e9 // one after another
		if route == "/mixed/parallel" {
			least, most = 40, 120
		}
		if wait := reply.Work.Wait; wait < least || wait > most {
			t.Errorf("%s waited %v ms, want %v to %v", route, wait, least, most)
		}
	}
}

func TestServerTimingTellsWhoComputed(t *testing.T) {
	url := start(t, worked("wait", 1), worked("cpu", 1))
	_, header, _ := get(t, url+"/mixed/sequence?io_ms=1&cpu_ms=20&width=2")
	split, ok := outbound.ReadTiming(header)
	if !ok || split.CPU < 40*time.Millisecond {
		t.Errorf("the split is %+v, want the callees' 40 ms of cpu in it", split)
	}
}

func TestFailuresOfACallee(t *testing.T) {
	code := func(status int, header ...string) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) {
			if len(header) > 0 {
				w.Header().Set(header[0], header[1])
			}
			w.WriteHeader(status)
		}
	}
	for _, row := range []struct {
		name  string
		cpu   http.HandlerFunc
		want  int
		retry string
	}{
		{"it refuses for now", code(503, "Retry-After", "7"), 503, "7"},
		{"its budget was spent", code(504), 504, ""},
		{"it fails", code(500), 502, ""},
		{"it redirects", code(302, "Location", "/elsewhere"), 502, ""},
		{"it hangs up", func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }, 502, ""},
		{"it answers something else", func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("hello")) }, 502, ""},
		{"it answers too much", func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte(strings.Repeat(" ", 1<<17))) }, 502, ""},
		{"it claims less work than asked for", worked("cpu", 0.5), 502, ""},
		{"it claims more time than the call took", worked("cpu", 1000), 502, ""},
		{"it claims to have waited", worked("wait", 1), 502, ""},
	} {
		t.Run(row.name, func(t *testing.T) {
			url := start(t, worked("wait", 1), row.cpu)
			for _, route := range []string{"/mixed/sequence", "/mixed/parallel"} {
				status, header, body := get(t, url+route+"?io_ms=1&cpu_ms=5")
				if status != row.want || header.Get("Retry-After") != row.retry {
					t.Errorf("%s was answered %d with Retry-After %q: %s", route, status, header.Get("Retry-After"), body)
				}
			}
		})
	}
}

func TestAClientThatLeavesStopsTheCallees(t *testing.T) {
	var working atomic.Int64
	arrived := make(chan struct{}, 8)
	hold := func(_ http.ResponseWriter, r *http.Request) {
		working.Add(1)
		defer working.Add(-1)
		arrived <- struct{}{}
		<-r.Context().Done()
	}
	url := start(t, hold, hold)
	ctx, leave := context.WithCancel(t.Context())
	go func() {
		for range 8 {
			<-arrived
		}
		leave()
	}()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url+"/mixed/parallel?width=4", http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := http.DefaultClient.Do(request); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	for deadline := time.Now().Add(5 * time.Second); working.Load() > 0; time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("%d calls go on", working.Load())
		}
	}
}
