package items_test

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"io"
	"maps"
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
	side    *sql.DB          // the test's own connections to the database
	file    bool             // the database is a SQLite file
	wire    *httptest.Server // nil if requests are served without a socket
}

func defaults(url string) items.Config {
	return items.Config{URL: url, MaxConnections: 10, AcquireTimeout: 5 * time.Second, MaxRows: 1000, KeyTTL: 2 * time.Hour}
}

func sqliteURL(t *testing.T) string { return "sqlite:" + filepath.Join(t.TempDir(), "items.db") }

func newService(t *testing.T, cfg items.Config) *service {
	t.Helper()
	s := &service{t: t, logs: &testkit.Output{}}
	s.side, s.file = openSide(t, cfg)
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
	return s.doCtx(s.t.Context(), method, target, body, headers...)
}

// doCtx is do for a client that leaves when ctx ends.
func (s *service) doCtx(ctx context.Context, method, target, body string, headers ...string) *httptest.ResponseRecorder {
	r := httptest.NewRequestWithContext(ctx, method, target, http.NoBody)
	if body != "" {
		r = httptest.NewRequestWithContext(ctx, method, target, strings.NewReader(body))
	}
	for i := 0; i < len(headers); i += 2 {
		r.Header.Add(headers[i], headers[i+1])
	}
	if body != "" && r.Header.Get("Content-Type") == "" {
		r.Header.Set("Content-Type", "application/json")
	}
	recorder := httptest.NewRecorder()
	if s.wire != nil {
		s.send(recorder, r)
	} else {
		s.handler.ServeHTTP(recorder, r)
	}
	return recorder
}

// overTheWire has the requests of s sent through a socket from now on.
func (s *service) overTheWire() *service {
	s.wire = httptest.NewServer(s.handler)
	s.t.Cleanup(s.wire.Close)
	return s
}

// send sends r and records the reply, which is empty if the client has left.
func (s *service) send(recorder *httptest.ResponseRecorder, r *http.Request) {
	s.t.Helper()
	r.RequestURI, r.URL.Scheme, r.URL.Host = "", "http", s.wire.Listener.Addr().String()
	response, err := s.wire.Client().Do(r)
	if r.Context().Err() != nil {
		return
	}
	if err != nil {
		s.t.Error(err)
		return
	}
	defer response.Body.Close()
	maps.Copy(recorder.Header(), response.Header)
	recorder.WriteHeader(response.StatusCode)
	if _, err := io.Copy(recorder, response.Body); err != nil {
		s.t.Error(err)
	}
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
	cfg := defaults("")
	cfg.AcquireTimeout = time.Minute // how long a statement waits for the file: longer than the tests wait for its end
	suite(t, func(t *testing.T) *service {
		cfg.URL = sqliteURL(t)
		return newService(t, cfg).overTheWire()
	})
}

func TestOnPostgres(t *testing.T) {
	server := testkit.StartPostgres(t)
	shared := newService(t, defaults(server.URL)).overTheWire()
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
		{"preconditions of what is not there", testPreconditionsOfNothing},
		{"preconditions of the collection", testPreconditionsOfTheCollection},
		{"validators sent back", testOwnValidators},
		{"merge patch", testPatch},
		{"patches at once", testPatchesAtOnce},
		{"idempotency key", testKey},
		{"syntax of the key", testKeySyntax},
		{"one key at once", testKeyAtOnce},
		{"key in flight", testKeyInFlight},
		{"expiry of the key", testKeyExpiry},
		{"client that leaves", testClientLeaves},
		{"race of writers", testRace},
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
