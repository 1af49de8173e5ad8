package web_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/labstack/echo/v4"

	"loadlab/internal/telemetry"
	"loadlab/internal/testkit"
	"loadlab/internal/web"
	"loadlab/internal/web/problem"
)

// failing serves GET /t/fail, whose handler returns err.
func failing(err error) func(*web.Server) {
	return func(s *web.Server) { s.Echo().GET("/t/fail", func(echo.Context) error { return err }) }
}

func TestErrorsBecomeProblems(t *testing.T) {
	cause := errors.New("connection to 10.0.0.7 refused")
	for _, row := range []struct {
		name       string
		err        error
		status     int
		detail     string
		retryAfter string
	}{
		{"a problem", problem.New(http.StatusConflict, "the key is taken"), 409, "the key is taken", ""},
		{"a wrapped problem", fmt.Errorf("store: %w", problem.New(http.StatusPreconditionFailed, "changed")), 412, "changed", ""},
		{"a cause stays in the log", problem.New(http.StatusBadGateway, "no answer").Because(cause), 502, "no answer", ""},
		{"shed", problem.Shed(http.StatusTooManyRequests, "slow down", 1500*time.Millisecond), 429, "slow down", "2"},
		{"shed for less than a second", problem.Shed(http.StatusServiceUnavailable, "busy", time.Millisecond), 503, "busy", "1"},
		{"spent budget", fmt.Errorf("wait: %w", context.DeadlineExceeded), 504, "the request took longer than its time budget", ""},
		{"cancelled by the service itself", fmt.Errorf("wait: %w", context.Canceled), 500, "", ""},
		{"too large a body", fmt.Errorf("read: %w", &http.MaxBytesError{Limit: 7}), 413, "the body is larger than the 7 bytes allowed", ""},
		{"the router's", echo.NewHTTPError(http.StatusUnsupportedMediaType, "text with internals"), 415, "", ""},
		{"any other error stays in the log", cause, 500, "", ""},
	} {
		t.Run(row.name, func(t *testing.T) {
			s := newSurface(t, defaults(), telemetry.Config{}, failing(row.err))
			reply := s.get("/t/fail")
			p := problemOf(t, reply)
			if reply.Code != row.status || p.Detail != row.detail || p.Title != http.StatusText(row.status) {
				t.Errorf("got %d %q %q, want %d %q", reply.Code, p.Title, p.Detail, row.status, row.detail)
			}
			if got := reply.Header().Get("Retry-After"); got != row.retryAfter {
				t.Errorf("Retry-After %q, want %q", got, row.retryAfter)
			}
			if strings.Contains(reply.Body.String(), "10.0.0.7") {
				t.Errorf("the client sees the cause: %s", reply.Body)
			}
			if p.TraceID == "" || !strings.Contains(reply.Header().Get("Traceresponse"), p.TraceID) {
				t.Errorf("trace %q, Traceresponse %q", p.TraceID, reply.Header().Get("Traceresponse"))
			}
			// The status that went out is the one that is counted and logged.
			labels := testkit.Labels{"http_route": "/t/fail", "http_response_status_code": fmt.Sprint(row.status)}
			if got := testkit.Gather(t, s.Telemetry().Registry).Count("http_server_request_duration_seconds", labels); got != 1 {
				t.Errorf("%d requests counted with status %d, want 1", got, row.status)
			}
			record := s.access()[0]
			if record["status"] != float64(row.status) || record["error"] == nil {
				t.Errorf("record %v", record)
			}
		})
	}
}

func TestUnknownRoutesAndMethods(t *testing.T) {
	s := newSurface(t, defaults(), telemetry.Config{})
	for _, row := range []struct {
		name, method, target string
		status               int
		allow, label         string
	}{
		{"no such route", "GET", "/nowhere", 404, "", "GET"},
		{"below a route", "POST", "/t/wait/more", 404, "", "POST"},
		{"a slash at the end", "GET", "/t/wait/", 404, "", "GET"},
		{"no such method", "PATCH", "/t/wait", 405, "OPTIONS, DELETE, GET, HEAD, POST, PUT", "PATCH"},
		{"TRACE", "TRACE", "/t/wait", 405, "OPTIONS, DELETE, GET, HEAD, POST, PUT", "TRACE"},
		{"CONNECT", "CONNECT", "/t/wait", 501, "", "CONNECT"},
		{"an invented method", "BREW", "/t/wait", 501, "", "_OTHER"},
		{"a method in small letters", "get", "/t/wait", 501, "", "_OTHER"},
		{"an invented method of no route", "BREW", "/coffee", 501, "", "_OTHER"},
	} {
		t.Run(row.name, func(t *testing.T) {
			labels := testkit.Labels{"http_route": "unmatched", "http_request_method": row.label,
				"http_response_status_code": fmt.Sprint(row.status)}
			count := func() int {
				return testkit.Gather(t, s.Telemetry().Registry).Count("http_server_request_duration_seconds", labels)
			}
			before := count()
			reply := s.send(httptest.NewRequest(row.method, row.target, http.NoBody))
			problemOf(t, reply)
			if reply.Code != row.status || reply.Header().Get("Allow") != row.allow {
				t.Errorf("status %d, Allow %q; want %d, %q", reply.Code, reply.Header().Get("Allow"), row.status, row.allow)
			}
			if got := count() - before; got != 1 {
				t.Errorf("%v was counted %d times", labels, got)
			}
		})
	}
}

func TestRoutesAreListed(t *testing.T) {
	s := newSurface(t, defaults(), telemetry.Config{})
	index := decode[web.Index](t, s.get("/").Body.Bytes())
	if index.Service != "probe" || index.Instance != "test:1" || index.Version != "v0" {
		t.Errorf("index %+v", index)
	}
	var paths []string
	for _, route := range index.Routes {
		paths = append(paths, strings.Join(route.Methods, ",")+" "+route.Path)
	}
	want := "GET,HEAD /\nDELETE,GET,HEAD,POST,PUT /t/probe\nDELETE,GET,HEAD,POST,PUT /t/wait"
	if got := strings.Join(paths, "\n"); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

func TestPanicIsOneFailedRequest(t *testing.T) {
	s := newSurface(t, defaults(), telemetry.Config{}, func(s *web.Server) {
		s.Echo().GET("/t/panic", func(echo.Context) error { panic("index out of range, somewhere") })
	})
	reply := s.get("/t/panic")
	if p := problemOf(t, reply); reply.Code != 500 || p.Detail != "" {
		t.Errorf("status %d, detail %q", reply.Code, p.Detail)
	}
	if reply := s.get("/t/wait?ms=0"); reply.Code != http.StatusOK {
		t.Errorf("status %d after a panic", reply.Code)
	}
	if active := testkit.Gather(t, s.Telemetry().Registry).Sum("http_server_active_requests", nil); active != 0 {
		t.Errorf("%v requests are still active", active)
	}
	record := s.access()[0]
	if stack, _ := record["stack"].(string); record["level"] != "error" || !strings.Contains(stack, "problem_test.go") {
		t.Errorf("record %v", record)
	}
}

// net/http's own panic ends the connection, as a proxy does when its upstream
// breaks off, but the request has been served and is accounted for.
func TestAbortedReplyIsAccountedFor(t *testing.T) {
	s := newSurface(t, defaults(), telemetry.Config{}, func(s *web.Server) {
		s.Echo().GET("/t/abort", func(c echo.Context) error {
			c.Response().WriteHeader(http.StatusOK)
			panic(http.ErrAbortHandler)
		})
	})
	func() {
		defer func() {
			if value := recover(); !errors.Is(value.(error), http.ErrAbortHandler) {
				t.Errorf("recovered %v, want net/http's error", value)
			}
		}()
		s.get("/t/abort")
	}()
	samples := testkit.Gather(t, s.Telemetry().Registry)
	if active := samples.Sum("http_server_active_requests", nil); active != 0 {
		t.Errorf("%v requests are still active", active)
	}
	if count := samples.Count("http_server_request_duration_seconds", testkit.Labels{"http_route": "/t/abort"}); count != 1 {
		t.Errorf("counted %d times", count)
	}
	if records := s.access(); len(records) != 1 {
		t.Errorf("%d access records", len(records))
	}
}
