package web_test

import (
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/labstack/echo/v4"

	"loadlab/internal/telemetry"
	"loadlab/internal/testkit"
)

// queries make the answer to a GET of a route short and successful.
var queries = map[string]string{
	"/debug/pprof/profile": "?seconds=1",
	"/debug/pprof/trace":   "?seconds=0.1",
}

// resources are the routes of an Echo: a new one is checked without a line here.
func resources(routes []*echo.Route) []testkit.Resource {
	methods := map[string][]string{}
	for _, route := range routes {
		if route.Method != http.MethodHead {
			methods[route.Path] = append(methods[route.Path], route.Method)
		}
	}
	var all []testkit.Resource
	for path, list := range methods {
		target := strings.TrimSuffix(path, "*") + queries[path]
		all = append(all, testkit.Resource{Target: target, Methods: list})
	}
	slices.SortFunc(all, func(a, b testkit.Resource) int { return strings.Compare(a.Target, b.Target) })
	return all
}

func TestMethodsOfEveryTrafficRoute(t *testing.T) {
	s := newSurface(t, defaults(), telemetry.Config{})
	testkit.CheckMethods(t, s.handler, resources(s.Echo().Routes())...)
}

func TestMethodsOfEveryAdminRoute(t *testing.T) {
	s := newSurface(t, defaults(), telemetry.Config{})
	router, ok := s.admin.(*echo.Echo)
	if !ok {
		t.Fatalf("the admin surface is a %T", s.admin)
	}
	testkit.CheckMethods(t, s.admin, resources(router.Routes())...)
}

// HEAD costs what GET costs, and is counted by its own name.
func TestHeadIsServedAsGet(t *testing.T) {
	s := newSurface(t, defaults(), telemetry.Config{})
	reply := s.send(request(http.MethodHead, "n=0", ""))
	if reply.Code != http.StatusBadRequest {
		t.Errorf("a bad parameter: %d", reply.Code)
	}
	if reply = s.send(request(http.MethodHead, "n=5", "")); reply.Code != http.StatusOK || reply.Header().Get("Server-Timing") == "" {
		t.Errorf("%d, %v", reply.Code, reply.Header())
	}
	labels := testkit.Labels{"http_route": "/t/probe", "http_request_method": "HEAD", "http_response_status_code": "200"}
	if got := testkit.Gather(t, s.Telemetry().Registry).Count("http_server_request_duration_seconds", labels); got != 1 {
		t.Errorf("%d requests counted, want 1", got)
	}
}

// A request that is wrong is refused for that, not for its precondition; nothing
// is done for one whose precondition is false.
func TestPreconditionsOfWorkAndSwitches(t *testing.T) {
	s := newSurface(t, defaults(), telemetry.Config{})
	for _, row := range []struct {
		method, query, field, value string
		status                      int
	}{
		{"GET", "", "If-Match", `"1"`, 412}, {"POST", "", "If-Match", `"1"`, 412}, {"PUT", "", "If-None-Match", "*", 412},
		{"DELETE", "", "If-None-Match", "*", 412}, {"GET", "", "If-None-Match", "*", 304}, {"HEAD", "", "If-None-Match", "*", 304},
		{"POST", "", "If-Match", "*", 200}, {"POST", "", "If-None-Match", `"1"`, 200}, {"POST", "n=0", "If-Match", `"1"`, 400},
	} {
		r := request(row.method, row.query, "")
		r.Header.Set(row.field, row.value)
		if reply := s.send(r); reply.Code != row.status {
			t.Errorf("%s %s %s: %s: %d, want %d", row.method, row.query, row.field, row.value, reply.Code, row.status)
		}
	}
	// The status that went out is the one that is counted, also where only the reply's headers decide it.
	r := httptest.NewRequest(http.MethodGet, "/", http.NoBody)
	r.Header.Set("If-Match", `"1"`)
	if p := problemOf(t, s.send(r)); p.Status != http.StatusPreconditionFailed {
		t.Errorf("index: %+v", p)
	}
	labels := testkit.Labels{"http_route": "/", "http_response_status_code": "412"}
	if got := testkit.Gather(t, s.Telemetry().Registry).Count("http_server_request_duration_seconds", labels); got != 1 {
		t.Errorf("%d requests counted, want 1", got)
	}
	for _, row := range []struct{ method, target string }{
		{"PUT", "/fault?kind=stall&duration=1m"}, {"POST", "/fault?kind=stall&duration=1m"}, {"DELETE", "/fault"}, {"PUT", "/loglevel?level=debug"},
	} {
		r := httptest.NewRequest(row.method, row.target, http.NoBody)
		r.Header.Set("If-Match", `"1"`)
		reply := httptest.NewRecorder()
		s.admin.ServeHTTP(reply, r)
		if reply.Code != http.StatusPreconditionFailed {
			t.Errorf("%s %s: %d", row.method, row.target, reply.Code)
		}
	}
	if body := s.control("GET", "/fault", "").Body.String() + s.control("GET", "/loglevel", "").Body.String(); !strings.Contains(body, `"faults":[]`) || !strings.Contains(body, "info") {
		t.Errorf("a switch was set: %s", body)
	}
}
