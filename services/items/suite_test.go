package items_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"loadlab/internal/telemetry"
	"loadlab/internal/testkit"
	"loadlab/internal/web"
	"loadlab/services/items"
)

// service is the whole HTTP surface on a database of its own.
type service struct {
	t       *testing.T
	handler http.Handler
	db      *items.Database
	tel     *telemetry.Telemetry
	logs    *testkit.Output
}

func defaults(url string) items.Config {
	return items.Config{URL: url, MaxConnections: 10, AcquireTimeout: 5 * time.Second, MaxRows: 1000, KeyTTL: time.Hour}
}

func sqliteURL(t *testing.T) string { return "sqlite:" + filepath.Join(t.TempDir(), "items.db") }

func newService(t *testing.T, cfg items.Config) *service {
	t.Helper()
	s := &service{t: t, logs: &testkit.Output{}}
	var err error
	s.tel, err = telemetry.New(t.Context(), telemetry.Config{LogLevel: "info", Sampler: "always_on"},
		telemetry.Identity{Service: "items"}, s.logs)
	if err != nil {
		t.Fatal(err)
	}
	if s.db, err = items.Open(t.Context(), cfg, s.tel); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.db.Close(); err != nil {
			t.Error(err)
		}
		if err := s.tel.Shutdown(context.Background()); err != nil {
			t.Error(err)
		}
	})
	server := items.New(web.Config{MaxConcurrency: 100, RequestTimeout: time.Minute, MaxBody: 8 << 10}, s.tel, s.db)
	if s.handler, err = server.Handler(); err != nil {
		t.Fatal(err)
	}
	return s
}

// do serves one request. Headers are pairs of name and value; a body is JSON unless a header says otherwise.
func (s *service) do(method, target, body string, headers ...string) *httptest.ResponseRecorder {
	s.t.Helper()
	r := httptest.NewRequest(method, target, http.NoBody)
	if body != "" {
		r = httptest.NewRequest(method, target, strings.NewReader(body))
		r.Header.Set("Content-Type", "application/json")
	}
	for i := 0; i < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	recorder := httptest.NewRecorder()
	s.handler.ServeHTTP(recorder, r)
	return recorder
}

func (s *service) create(name string, headers ...string) items.Item {
	s.t.Helper()
	reply := s.do("POST", "/items", fmt.Sprintf(`{"name":%q,"quantity":1}`, name), headers...)
	if reply.Code != http.StatusCreated {
		s.t.Fatalf("create: status %d, body %s", reply.Code, reply.Body)
	}
	return decode[items.Item](s.t, reply)
}

func decode[T any](t *testing.T, reply *httptest.ResponseRecorder) (v T) {
	t.Helper()
	if err := json.Unmarshal(reply.Body.Bytes(), &v); err != nil {
		t.Fatalf("body %q: %v", reply.Body, err)
	}
	return v
}

func path(item items.Item) string { return fmt.Sprintf("/items/%d", item.ID) }

func TestOnSQLite(t *testing.T) {
	suite(t, func(t *testing.T) *service { return newService(t, defaults(sqliteURL(t))) })
}

func TestOnPostgres(t *testing.T) {
	server := testkit.StartPostgres(t)
	shared := newService(t, defaults(server.URL))
	if err := shared.db.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	suite(t, func(t *testing.T) *service {
		s := *shared
		s.t = t
		return &s
	})
	onPostgres(t, server)
}

// suite is what holds on any database, which need not be empty.
func suite(t *testing.T, open func(*testing.T) *service) {
	for _, test := range []struct {
		name string
		run  func(*testing.T, *service)
	}{
		{"life of an item", testLife},
		{"preconditions", testPreconditions},
		{"idempotency key", testKey},
		{"one key at once", testKeyAtOnce},
		{"race of replacements", testRace},
		{"pages", testPages},
		{"bounds of the table", testPrune},
	} {
		t.Run(test.name, func(t *testing.T) { test.run(t, open(t)) })
	}
}

func testLife(t *testing.T, s *service) {
	item := s.create("bolt")
	for _, step := range []struct {
		name, method, body string
		status             int
		etag, reply        string
	}{
		{"read", "GET", "", 200, `"1"`, `{"id":%d,"name":"bolt","quantity":1,"version":1}`},
		{"replace", "PUT", `{"name":"nüt","quantity":1000000000}`, 200, `"2"`, `{"id":%d,"name":"nüt","quantity":1000000000,"version":2}`},
		{"read it again", "GET", "", 200, `"2"`, `{"id":%d,"name":"nüt","quantity":1000000000,"version":2}`},
		{"delete", "DELETE", "", 204, "", ""},
		{"read what is gone", "GET", "", 404, "", ""},
		{"replace what is gone", "PUT", `{"name":"nut","quantity":2}`, 404, "", ""},
		{"delete what is gone", "DELETE", "", 404, "", ""},
	} {
		reply := s.do(step.method, path(item), step.body)
		if reply.Code != step.status || reply.Header().Get("ETag") != step.etag {
			t.Errorf("%s: status %d, ETag %s, body %s", step.name, reply.Code, reply.Header().Get("ETag"), reply.Body)
		}
		if step.reply != "" {
			if want := fmt.Sprintf(step.reply, item.ID); strings.TrimSpace(reply.Body.String()) != want {
				t.Errorf("%s: body %s, want %s", step.name, reply.Body, want)
			}
		}
	}
}
