package web_test

import (
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus"

	"loadlab/internal/env"
	"loadlab/internal/telemetry"
	"loadlab/internal/web"
)

// inBounds fails unless a reply is 200 with values that the route allows, or a
// problem that says what is wrong.
func inBounds(t *testing.T, reply *httptest.ResponseRecorder, allowed ...int) probed {
	t.Helper()
	if reply.Code != http.StatusOK {
		for _, status := range allowed {
			if reply.Code == status && problemOf(t, reply).Detail != "" {
				return probed{}
			}
		}
		t.Fatalf("status %d: %s", reply.Code, reply.Body)
	}
	got := decode[struct{ Result probed }](t, reply.Body.Bytes()).Result
	if got.Millis < 0 || got.Millis > 60000 || got.Int < 1 || got.Int > 1000 || got.Float < -1 || got.Float > 1 ||
		(got.Choice != "a" && got.Choice != "b") || len(got.Text) > 4*len("\ufffd") {
		t.Fatalf("out of bounds: %+v", got)
	}
	return got
}

func FuzzInputQuery(f *testing.F) {
	for _, seed := range []string{
		"", "ms=5", "ms=NaN&n=Inf&f=-0", "n=1e400", "n=1&n=2", "%zz", "ms=%31", "a;b", "f=0x1p-2", "n=1_0", "on=true&choice=b&text=abcd&d=1m",
		"&&&=&", "n=%00", "n=1000.0000000000000001", "ms=5e-324",
	} {
		f.Add(seed)
	}
	s := newSurface(f, defaults(), telemetry.Config{LogLevel: "error"})
	f.Fuzz(func(t *testing.T, query string) {
		got := inBounds(t, s.send(request(http.MethodGet, query, "")), http.StatusBadRequest)
		// The oracle: what is accepted is what net/url reads from the same text.
		values, err := url.ParseQuery(query)
		if got.Text != "" && (err != nil || (values.Has("choice") && values.Get("choice") != got.Choice)) {
			t.Fatalf("accepted %q as %+v", query, got)
		}
	})
}

func FuzzInputBody(f *testing.F) {
	for _, seed := range []string{
		`{}`, `{"ms":5}`, `{"n":1,"n":2}`, `{"n":"1"}`, `{"f":1e400}`, `{"n":[{}]}`, `null`, `[]`, `{"a":{"b":[1,2`, `{"n":1}{"n":2}`,
		`{"\u006e":7}`, `{"text":"\ud800"}`, "{\"text\":\"\xff\"}", `{"on":true,"choice":"b","d":"1m"}`, "\ufeff{}",
	} {
		f.Add([]byte(seed))
	}
	s := newSurface(f, defaults(), telemetry.Config{LogLevel: "error"})
	f.Fuzz(func(t *testing.T, body []byte) {
		if len(body) == 0 {
			return
		}
		got := inBounds(t, s.send(request(http.MethodPost, "", string(body))), http.StatusBadRequest, http.StatusRequestEntityTooLarge)
		// The oracle: what is accepted is valid JSON, an object.
		if got.Choice != "" && (!json.Valid(body) || !strings.HasPrefix(strings.TrimLeft(string(body), " \t\r\n"), "{")) {
			t.Fatalf("accepted %q as %+v", body, got)
		}
	})
}

func FuzzNamedRoutes(f *testing.F) {
	for _, seed := range []string{
		"", "/t/slow=/t/wait?ms=500", "/t/a=/t/probe?n=2; /t/b=/t/probe", "/t/a=/t/wait\n/t/a=/t/wait", "=", "/t/:id=/t/wait", "/t/*=/t/wait",
		"/t/x=http://host/t/wait", "/t/x=/t/wait?ms=%zz", "/t/x=/t/wait?ms=1&ms=2", "/t//=/t/wait", ";;;", "/t/é=/t/wait",
	} {
		f.Add(seed)
	}
	s := newSurface(f, defaults(), telemetry.Config{LogLevel: "error"})
	f.Fuzz(func(t *testing.T, declared string) {
		tel := *s.Telemetry()
		tel.Registry = prometheus.NewRegistry() // a server registers its metrics once
		server := web.New(defaults(), &tel)
		server.Work("/t/probe", probe)
		server.Work("/t/wait", wait)
		err := server.AddNamed(declared)
		var wrong *env.Error
		if err != nil && !errors.As(err, &wrong) {
			t.Fatalf("%q: %v is not an *env.Error", declared, err)
		}
		handler, err := server.Handler()
		if err != nil {
			t.Fatal(err)
		}
		for _, route := range server.Echo().Routes() {
			if strings.HasPrefix(route.Path, "/t/probe") || route.Method != http.MethodGet || !strings.HasPrefix(route.Path, "/t/") {
				continue
			}
			// Every named route that was accepted is found again under its own path.
			recorder := httptest.NewRecorder()
			handler.ServeHTTP(recorder, httptest.NewRequest(http.MethodGet, route.Path+"?unknown=1", http.NoBody))
			if recorder.Code != http.StatusBadRequest {
				t.Fatalf("route %q of %q: status %d", route.Path, declared, recorder.Code)
			}
		}
	})
}
