package runtimes

import (
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

var methods = []string{http.MethodGet, http.MethodPut, http.MethodPost, http.MethodDelete}

func TestEveryMethodAnswersAfterTheDelay(t *testing.T) {
	eachSubject(t, func(t *testing.T, s *subject) {
		if s.wait == "" {
			t.Skip("has no route that waits")
		}
		for _, method := range methods {
			began := time.Now()
			r := send(t, method, s.wait+"?ms=30", "")
			if took := time.Since(began); took < 30*time.Millisecond {
				t.Errorf("%s took %v", method, took)
			}
			if r.status != http.StatusOK || r.body.Result.Waited != 30 || r.body.Method != method || !strings.HasSuffix(s.wait, r.body.Route) {
				t.Errorf("%s: %d %+v", method, r.status, r.body)
			}
			if got := r.header.Get("Content-Type"); !strings.HasPrefix(got, "application/json") {
				t.Errorf("%s: Content-Type %q", method, got)
			}
		}
	})
}

func TestEachRouteHasItsOwnDelay(t *testing.T) {
	eachRuntime(t, func(t *testing.T, s *subject) {
		base := strings.TrimSuffix(s.wait, "/wait")
		for path, delay := range map[string]float64{"/fast": 20, "/slow": 200, "/wait": 50} {
			began := time.Now()
			r := send(t, http.MethodPut, base+path, "")
			if took := time.Since(began); r.body.Result.Waited != delay || took.Seconds()*1000 < delay {
				t.Errorf("%s: %d %+v after %v, want %v ms", path, r.status, r.body, took, delay)
			}
		}
	})
}

func TestSpinComputes(t *testing.T) {
	eachSubject(t, func(t *testing.T, s *subject) {
		if s.spin == "" {
			t.Skip("has no route that computes")
		}
		least := 20 * time.Millisecond
		if s.name == "node" {
			// Before 23.9 Node has only the clock of the whole process, which V8's
			// own threads advance too while the loop computes.
			least /= 2
		}
		for _, method := range methods {
			began := time.Now()
			r := send(t, method, s.spin+"?ms=20&blocking=true", "")
			if took := time.Since(began); took < least {
				t.Errorf("%s took %v", method, took)
			}
			state := uint64(1)
			for range r.body.Result.Steps {
				state ^= state << 13
				state ^= state >> 7
				state ^= state << 17
			}
			if r.status != http.StatusOK || r.body.Result.Steps == 0 || r.body.Result.State != state || !r.body.Result.Blocking {
				t.Errorf("%s: %d %+v, want the state %d", method, r.status, r.body, state)
			}
		}
	})
}

func TestRefusals(t *testing.T) {
	eachSubject(t, func(t *testing.T, s *subject) {
		route := s.wait
		if route == "" {
			route = s.spin
		}
		for _, row := range []struct {
			name, method, url, body string
			status                  int
		}{
			{"a negative delay", http.MethodGet, route + "?ms=-1", "", 400},
			{"a delay above the bound", http.MethodGet, route + "?ms=60001", "", 400},
			{"no number", http.MethodGet, route + "?ms=soon", "", 400},
			{"not a number", http.MethodGet, route + "?ms=NaN", "", 400},
			{"an infinite delay", http.MethodGet, route + "?ms=Infinity", "", 400},
			{"an empty delay", http.MethodGet, route + "?ms=", "", 400},
			{"blocking that is neither true nor false", http.MethodGet, route + "?blocking=1", "", 400},
			{"an unknown parameter", http.MethodGet, route + "?delay=5", "", 400},
			{"an unknown method", http.MethodPatch, route, "", 405},
			{"an unknown path", http.MethodGet, route + "/further", "", 404},
			{"a path of the language's own", http.MethodGet, route[:strings.LastIndex(route, ":")+6] + "/constructor", "", 404},
			{"a body that is too large", http.MethodPost, route + "?ms=0", `{"x":"` + strings.Repeat("x", 64<<10) + `"}`, 413},
			{"a request after all of these", http.MethodPost, route + "?ms=0", `{}`, 200},
		} {
			t.Run(row.name, func(t *testing.T) {
				r := send(t, row.method, row.url, row.body)
				if r.status != row.status {
					t.Fatalf("status %d, want %d: %+v", r.status, row.status, r.body)
				}
				if row.status >= 400 && (r.body.Status != row.status || r.body.Title == "" ||
					!strings.HasPrefix(r.header.Get("Content-Type"), "application/problem+json")) {
					t.Errorf("the error is no problem of RFC 9457: %+v, %v", r.body, r.header)
				}
				if row.status == 405 {
					for _, method := range methods {
						if allow := strings.Join(r.header.Values("Allow"), ","); !strings.Contains(allow, method) {
							t.Errorf("Allow %q does not name %s", allow, method)
						}
					}
				}
			})
		}
	})
}

// A caller's trace goes on: the reply names it, with the request's own span.
func TestTheReplyNamesTheCallersTrace(t *testing.T) {
	const trace, span = callersTrace, callersSpan
	eachSubject(t, func(t *testing.T, s *subject) {
		for _, route := range slices.DeleteFunc([]string{s.wait, s.spin}, func(url string) bool { return url == "" }) {
			r := send(t, http.MethodGet, route+"?ms=0", "", "Traceparent", "00-"+trace+"-"+span+"-01")
			parts := strings.Split(r.header.Get("Traceresponse"), "-")
			if len(parts) != 4 || parts[1] != trace || len(parts[2]) != 16 || parts[2] == span {
				t.Errorf("Traceresponse %q", r.header.Get("Traceresponse"))
			}
		}
	})
}

// together sends n requests at once and returns how long all of them took.
func together(t *testing.T, n int, url string) time.Duration {
	t.Helper()
	began := time.Now()
	var all sync.WaitGroup
	for range n {
		all.Go(func() {
			if r, err := try(t, http.MethodGet, url, ""); err != nil || r.status != http.StatusOK {
				t.Errorf("%v, status %d", err, r.status)
			}
		})
	}
	all.Wait()
	return time.Since(began)
}

func TestWaitsOverlap(t *testing.T) {
	const n, one = 100, 300 * time.Millisecond
	eachSubject(t, func(t *testing.T, s *subject) {
		if s.wait == "" {
			t.Skip("has no route that waits")
		}
		if took := together(t, n, s.wait+"?ms=300"); took > n*one/4 {
			t.Errorf("%d waits of %v at once took %v", n, one, took)
		}
	})
}

func TestBlockingCallsHoldAnEventLoop(t *testing.T) {
	const n, one = 5, 100 * time.Millisecond
	eachSubject(t, func(t *testing.T, s *subject) {
		if s.wait == "" || !s.loop {
			t.Skip("has no event loop, or no route that waits")
		}
		if took := together(t, n, s.wait+"?ms=100&blocking=true"); took < n*one {
			t.Errorf("%d blocking calls of %v at once took %v", n, one, took)
		}
	})
}
