package web_test

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"testing"

	"loadlab/internal/env"
	"loadlab/internal/telemetry"
	"loadlab/internal/testkit"
	"loadlab/internal/web"
)

func TestNamedRoutes(t *testing.T) {
	cfg := defaults()
	cfg.Routes = "/t/seven=/t/probe?n=7&text=four ;\n/t/a/b-c_D=/t/probe\n;"
	s := newSurface(t, cfg, telemetry.Config{})
	for _, row := range []struct {
		name, target string
		status       int
		want         probed
	}{
		{"its own arguments", "/t/seven", 200, probed{10, 7, 0.5, false, "a", "four", "1s"}},
		{"a request overrides one", "/t/seven?n=8", 200, probed{10, 8, 0.5, false, "a", "four", "1s"}},
		{"and gives further ones", "/t/seven?on=true", 200, probed{10, 7, 0.5, true, "a", "four", "1s"}},
		{"no arguments", "/t/a/b-c_D", 200, probed{10, 3, 0.5, false, "a", "none", "1s"}},
		{"bounds are the target's", "/t/seven?n=0", 400, probed{}},
		{"parameters are the target's", "/t/seven?m=0", 400, probed{}},
	} {
		t.Run(row.name, func(t *testing.T) {
			for _, method := range web.WorkMethods() {
				reply := s.send(httptest.NewRequest(method, row.target, http.NoBody))
				if reply.Code != row.status {
					t.Fatalf("%s: status %d: %s", method, reply.Code, reply.Body)
				}
				if got := decode[struct{ Result probed }](t, reply.Body.Bytes()).Result; got != row.want {
					t.Errorf("%s: got %+v, want %+v", method, got, row.want)
				}
			}
		})
	}
	// The route label is the named route's own.
	count := testkit.Gather(t, s.Telemetry().Registry).Count("http_server_request_duration_seconds", testkit.Labels{"http_route": "/t/seven"})
	if count != 5*len(web.WorkMethods()) {
		t.Errorf("%d requests counted under the named route", count)
	}
}

func TestNamedRoutesThatCannotBeUsed(t *testing.T) {
	const targets = "the target is not a work route of this service; it has /t/probe, /t/wait"
	for _, row := range []struct{ name, entry, reason string }{
		{"no target", "/t/slow", "not of the form /path=/target?argument=value"},
		{"not a work route", "/t/slow=/", targets},
		{"unknown target", "/t/slow=/t/nap", targets},
		{"another server", "/t/slow=http://example.org/t/wait", targets},
		{"target without path", "/t/slow=", targets},
		{"malformed target", "/t/slow=/t/%zz", `the target cannot be read: parse "/t/%zz": invalid URL escape "%zz"`},
		{"malformed arguments", "/t/slow=/t/wait?ms=%zz", `the arguments cannot be read: invalid URL escape "%zz"`},
		{"outside the group", "/slow=/t/wait", "the path must begin with /t/"},
		{"the group itself", "/t/=/t/wait", "the path must begin with /t/"},
		{"no path", "=/t/wait", "the path must begin with /t/"},
		{"a pattern", "/t/:id=/t/wait", "the path may have letters, digits, - and _ only"},
		{"a wildcard", "/t/*=/t/wait", "the path may have letters, digits, - and _ only"},
		{"a path that exists", "/t/probe=/t/wait", "the path exists already"},
		{"a value out of bounds", "/t/slow=/t/wait?ms=-1", "ms must be a number of milliseconds from 0 to 3600000"},
		{"an unknown argument", "/t/slow=/t/wait?sec=1", "sec is not a parameter of this route; it has ms"},
		{"an argument twice", "/t/slow=/t/wait?ms=1&ms=2", "ms given more than once"},
	} {
		t.Run(row.name, func(t *testing.T) {
			s := newSurface(t, defaults(), telemetry.Config{})
			err := s.AddNamed(row.entry + ";/t/good=/t/wait?ms=1")
			var wrong *env.Error
			if !errors.As(err, &wrong) || len(wrong.Problems) != 1 {
				t.Fatalf("got %v, want one problem", err)
			}
			if got := wrong.Problems[0]; got.Variable != "ROUTES" || got.Value != row.entry || got.Reason != row.reason {
				t.Errorf("got  %+v\nwant %s", got, row.reason)
			}
		})
	}
}

func TestEveryNamedRouteThatCannotBeUsedIsReported(t *testing.T) {
	s := newSurface(t, defaults(), telemetry.Config{})
	err := s.AddNamed("/t/a=/t/wait;/t/a=/t/wait;nonsense;/t/b=/t/wait?ms=x")
	var wrong *env.Error
	if !errors.As(err, &wrong) || len(wrong.Problems) != 3 {
		t.Errorf("got %v, want three problems", err)
	}
}
