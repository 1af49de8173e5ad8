package web_test

import (
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"loadlab/internal/env"
	"loadlab/internal/telemetry"
	"loadlab/internal/testkit"
	"loadlab/internal/web"
	"loadlab/internal/web/input"
	"loadlab/internal/web/problem"
	"loadlab/internal/workmeter"
)

// surface is a server of this package with the routes of the tests.
type surface struct {
	*web.Server
	t       testing.TB
	handler http.Handler
	admin   http.Handler
	logs    *testkit.Output
}

func defaults() web.Config {
	return web.Config{MaxConcurrency: 1024, RequestTimeout: 70 * time.Second, MaxBody: 64 << 10}
}

// exporting is a configuration that sends spans to the collector at url.
func exporting(url, sampler string) telemetry.Config {
	return telemetry.Config{Sampler: sampler, Export: telemetry.Export{OTLP: telemetry.OTLP{Endpoint: env.BaseURL(url)}}}
}

// newSurface serves /t/probe, which reads one parameter of each kind, and
// /t/wait, which waits for ms.
func newSurface(t testing.TB, cfg web.Config, tel telemetry.Config, add ...func(*web.Server)) *surface {
	t.Helper()
	if tel.LogLevel == "" {
		tel.LogLevel = "info"
	}
	if tel.QueueSize == 0 {
		tel.QueueSize = 2048
	}
	s := &surface{t: t, logs: &testkit.Output{}}
	reports, err := telemetry.New(t.Context(), tel, telemetry.Identity{Service: "probe", Instance: "test:1", Version: "v0"}, s.logs)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.flush)
	s.Server = web.New(cfg, reports)
	s.Work("/t/probe", probe)
	s.Work("/t/wait", wait)
	for _, fn := range add {
		fn(s.Server)
	}
	if s.handler, err = s.Handler(); err != nil {
		t.Fatal(err)
	}
	s.admin = s.Admin(nil)
	return s
}

// flush ends the telemetry, so that logs and spans are complete.
func (s *surface) flush() {
	if err := s.Telemetry().Shutdown(context.Background()); err != nil {
		s.t.Error(err)
	}
}

// access returns the access log records; nothing may be logged afterwards.
func (s *surface) access() []map[string]any {
	s.flush()
	return testkit.Messages(testkit.ParseLog(s.t, s.logs.String()), "request")
}

type probed struct {
	Millis   float64 `json:"ms"`
	Int      int     `json:"n"`
	Float    float64 `json:"f"`
	Bool     bool    `json:"on"`
	Choice   string  `json:"choice"`
	Text     string  `json:"text"`
	Duration string  `json:"d"`
}

func probe(in *input.Reader) web.Do {
	got := probed{
		Millis:   in.Millis("ms", 10*time.Millisecond, 0, time.Minute).Seconds() * 1000,
		Int:      in.Int("n", 3, 1, 1000),
		Float:    in.Float("f", 0.5, -1, 1),
		Bool:     in.Bool("on", false),
		Choice:   in.Choice("choice", "a", "a", "b"),
		Text:     in.Text("text", "none", 4),
		Duration: in.Duration("d", time.Second, time.Millisecond, time.Hour).String(),
	}
	return func(context.Context, *workmeter.Meter) (any, error) { return got, nil }
}

func wait(in *input.Reader) web.Do {
	d := in.Millis("ms", 50*time.Millisecond, 0, time.Hour)
	return func(ctx context.Context, m *workmeter.Meter) (any, error) { return nil, m.Sleep(ctx, d) }
}

// send serves one request in this goroutine.
func (s *surface) send(r *http.Request) *httptest.ResponseRecorder {
	recorder := httptest.NewRecorder()
	s.handler.ServeHTTP(recorder, r)
	return recorder
}

func (s *surface) get(target string) *httptest.ResponseRecorder {
	return s.send(httptest.NewRequest(http.MethodGet, target, http.NoBody))
}

// control sends one request to the admin surface. One that would record a profile
// for long is cut short.
func (s *surface) control(method, target, body string) *httptest.ResponseRecorder {
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	recorder := httptest.NewRecorder()
	r := httptest.NewRequestWithContext(ctx, method, target, strings.NewReader(body))
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	s.admin.ServeHTTP(recorder, r)
	return recorder
}

// problemOf decodes a reply that must be a problem with the status of its line.
func problemOf(t testing.TB, reply *httptest.ResponseRecorder) problem.Problem {
	t.Helper()
	if got := reply.Header().Get("Content-Type"); got != "application/problem+json" {
		t.Fatalf("content type %q of status %d: %s", got, reply.Code, reply.Body)
	}
	var p problem.Problem
	if err := json.Unmarshal(reply.Body.Bytes(), &p); err != nil {
		t.Fatalf("body %q: %v", reply.Body, err)
	}
	if p.Status != reply.Code {
		t.Errorf("the body says %d, the status line %d", p.Status, reply.Code)
	}
	if p.Type != "about:blank" || p.Title == "" {
		t.Errorf("type %q, title %q", p.Type, p.Title)
	}
	return p
}

func decode[T any](t testing.TB, body []byte) T {
	t.Helper()
	var v T
	if err := json.Unmarshal(body, &v); err != nil {
		t.Fatalf("body %q: %v", body, err)
	}
	return v
}
