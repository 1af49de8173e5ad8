package items_test

import (
	"context"
	"database/sql"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"loadlab/internal/testkit"
)

// onPostgres runs the tests that need a server, which they share.
func onPostgres(t *testing.T, server *testkit.Postgres) {
	for _, test := range []struct {
		name string
		run  func(*testing.T, *testkit.Postgres)
	}{
		{"modes of execution", testModes},
		{"a pool of one", testPoolOfOne},
		{"spans of statements", testSpans},
		{"one key, two replicas", testKeyOfReplicas},
		{"no connection in time", testAcquireTimeout},
		{"an empty database instead", testEmptied},
		{"the first request after a restart", testFirstRequest},
		{"stop and start", testOutage},
		{"down at the start", testLateDatabase},
	} {
		t.Run(test.name, func(t *testing.T) { test.run(t, server) })
	}
}

// The URL may choose how the driver executes statements. Not every mode asks the server for the types of arguments.
func testModes(t *testing.T, server *testkit.Postgres) {
	for _, mode := range []string{"cache_statement", "cache_describe", "describe_exec", "exec", "simple_protocol"} {
		t.Run(mode, func(t *testing.T) {
			s := newService(t, defaults(server.URL+"&default_query_exec_mode="+mode))
			if err := s.db.Migrate(t.Context()); err != nil {
				t.Fatal(err)
			}
			testLife(t, s)
			testPatch(t, s)
			testKey(t, s)
			testPages(t, s)
			testPrune(t, s)
		})
	}
}

// With one connection, ten requests that each hold it do not wait longer for
// the database: they queue. What does not get it in time is shed.
func testPoolOfOne(t *testing.T, server *testkit.Postgres) {
	cfg := defaults(server.URL)
	cfg.MaxConnections = 1
	s := newService(t, cfg)
	if err := s.db.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	s.create("bolt") // the connection is open from here on
	before := testkit.Gather(t, s.tel.Registry)
	for range 5 {
		for _, reply := range atOnce(40, func(int) *httptest.ResponseRecorder { return s.do("GET", "/items?limit=500", "") }) {
			if reply.Code != http.StatusOK {
				t.Fatalf("status %d, body %s", reply.Code, reply.Body)
			}
		}
	}
	after := testkit.Gather(t, s.tel.Registry)
	part := func(name string) float64 {
		labels := testkit.Labels{"http_route": "/items", "part": name}
		return after.Sum("lab_work_seconds_total", labels) - before.Sum("lab_work_seconds_total", labels)
	}
	if queue, wait := part("queue"), part("wait"); queue < 3*wait || wait <= 0 {
		t.Errorf("queue %.4f s, wait %.4f s: forty requests on one connection must queue most of the time", queue, wait)
	}
	if waits := after.Sum("go_sql_wait_count_total", nil) - before.Sum("go_sql_wait_count_total", nil); waits < 50 {
		t.Errorf("go_sql_wait_count_total grew by %v", waits)
	}
	if most := after.Sum("go_sql_max_open_connections", nil); most != 1 {
		t.Errorf("go_sql_max_open_connections is %v", most)
	}
}

// connect opens a connection of the test's own.
func connect(t *testing.T, server *testkit.Postgres) *sql.DB {
	t.Helper()
	db, err := sql.Open("pgx", server.URL)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	return db
}

// One request holds the only connection, since the table is locked; the next one gets none in time.
func testAcquireTimeout(t *testing.T, server *testkit.Postgres) {
	cfg := defaults(server.URL)
	cfg.MaxConnections, cfg.AcquireTimeout = 1, time.Second // the first one has to be dialled in that time
	s := newService(t, cfg)
	if err := s.db.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	item := s.create("bolt")
	tx, err := connect(t, server).BeginTx(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := tx.ExecContext(t.Context(), `LOCK TABLE items`); err != nil {
		t.Fatal(err)
	}
	first := make(chan *httptest.ResponseRecorder)
	go func() { first <- s.do("GET", path(item), "") }()
	inUse := func() bool {
		return testkit.Gather(t, s.tel.Registry).Sum("go_sql_in_use_connections", nil) == 1
	}
	eventually(t, "the connection is in use", inUse)
	second := s.do("GET", path(item), "")
	if second.Code != http.StatusServiceUnavailable || second.Header().Get("Retry-After") != "1" {
		t.Errorf("status %d, headers %v", second.Code, second.Header())
	}
	if shed := testkit.Gather(t, s.tel.Registry).Sum("lab_shed_requests_total", testkit.Labels{"reason": "pool"}); shed != 1 {
		t.Errorf("lab_shed_requests_total{reason=\"pool\"} is %v", shed)
	}
	if err := tx.Rollback(); err != nil {
		t.Fatal(err)
	}
	if reply := <-first; reply.Code != http.StatusOK {
		t.Errorf("the request that held the connection: status %d", reply.Code)
	}
}

func testEmptied(t *testing.T, server *testkit.Postgres) {
	s := newService(t, defaults(server.URL))
	maintain(t, s)
	eventually(t, "ready", func() bool { return s.db.Ready(t.Context()) == nil })
	if _, err := connect(t, server).ExecContext(t.Context(), `DROP SCHEMA public CASCADE; CREATE SCHEMA public`); err != nil {
		t.Fatal(err)
	}
	eventually(t, "an item can be created", func() bool {
		return s.do("POST", "/items", `{"name":"bolt","quantity":1}`).Code == http.StatusCreated
	})
}

func testSpans(t *testing.T, server *testkit.Postgres) {
	collector := testkit.NewCollector(t)
	p := testkit.Start(t, "items", "DATABASE_URL="+server.URL,
		"OTEL_EXPORTER_OTLP_ENDPOINT="+collector.URL, "OTEL_TRACES_SAMPLER=parentbased_always_off")
	for _, flags := range []string{"01", "00"} {
		r, err := http.NewRequestWithContext(t.Context(), "POST", p.URL+"/items", strings.NewReader(`{"name":"a name to keep","quantity":1}`))
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Content-Type", "application/json")
		r.Header.Set("Idempotency-Key", `"spans `+flags+`"`)
		r.Header.Set("Traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-"+flags)
		response, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		response.Body.Close()
		if response.StatusCode != http.StatusCreated {
			t.Fatalf("status %s", response.Status)
		}
	}
	if code := p.Stop(); code != 0 {
		t.Errorf("exit code %d", code)
	}
	names := map[string]int{}
	request := collector.WaitFor(t, 1, testkit.Named("POST /items"))[0]
	for _, span := range collector.Spans() {
		names[span.Name]++
		text, err := json.Marshal(span)
		if err != nil {
			t.Fatal(err)
		}
		if span.ID != request.ID && span.ParentID != request.ID || strings.Contains(string(text), "a name to keep") {
			t.Errorf("span %s", text)
		}
	}
	if names["POST /items"] != 1 || names["INSERT items"] != 2 || names["SELECT items"] != 1 {
		t.Errorf("spans %v: want one request with its statements", names)
	}
}

// Another replica is using the key: PostgreSQL says so without waiting for its transaction.
func testKeyOfReplicas(t *testing.T, server *testkit.Postgres) {
	const body = `{"name":"bolt","quantity":1}`
	one, other := newService(t, defaults(server.URL)), newService(t, defaults(server.URL))
	for _, s := range []*service{one, other} {
		if err := s.db.Migrate(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	// A row of the test's transaction holds the first replica's at its last statement.
	tx, err := one.side.BeginTx(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := tx.ExecContext(t.Context(), `INSERT INTO idempotency_keys VALUES ('replicas', '', 0, 0)`); err != nil {
		t.Fatal(err)
	}
	first := make(chan *httptest.ResponseRecorder, 1)
	go func() { first <- one.do("POST", "/items", body, "Idempotency-Key", `"replicas"`) }()
	eventually(t, "the first replica has the key", func() (held bool) {
		err := other.side.QueryRowContext(t.Context(), `SELECT EXISTS (SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND granted)`).Scan(&held)
		return err == nil && held
	})
	if reply := other.do("POST", "/items", body, "Idempotency-Key", `"replicas"`); reply.Code != http.StatusConflict {
		t.Errorf("the other replica: status %d, body %s", reply.Code, reply.Body)
	}
	if err := tx.Rollback(); err != nil {
		t.Fatal(err)
	}
	if reply := <-first; reply.Code != http.StatusCreated {
		t.Errorf("the first replica: status %d, body %s", reply.Code, reply.Body)
	}
	if reply := other.do("POST", "/items", body, "Idempotency-Key", `"replicas"`); reply.Header().Get("Idempotency-Replayed") == "" {
		t.Errorf("then the other replica: status %d, headers %v", reply.Code, reply.Header())
	}
}

// maintain runs the background work of s until the test ends.
func maintain(t *testing.T, s *service) {
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- s.db.Maintain(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
}

func eventually(t *testing.T, what string, holds func() bool) {
	t.Helper()
	for deadline := time.Now().Add(20 * time.Second); !holds(); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("not within 20 s: " + what)
		}
	}
}

// A request may be sent as soon as the address takes connections.
func testFirstRequest(t *testing.T, server *testkit.Postgres) {
	testkit.Start(t, "items", "DATABASE_URL="+server.URL).Stop() // the schema is there
	for range 3 {
		address := testkit.FreeAddress(t)
		p := testkit.Launch(t, "items", nil, "DATABASE_URL="+server.URL, "LISTEN_ADDR="+address, "ADMIN_ADDR=127.0.0.1:0")
		var first *http.Response
		eventually(t, "it takes connections", func() (served bool) {
			var err error
			first, err = http.Get("http://" + address + "/items")
			return err == nil
		})
		_ = first.Body.Close() // its status is all that is wanted
		if first.StatusCode != http.StatusOK {
			t.Errorf("the first reply is %s", first.Status)
		}
		p.Stop()
	}
}

func testOutage(t *testing.T, server *testkit.Postgres) {
	s := newService(t, defaults(server.URL))
	maintain(t, s)
	ready := func() bool { return s.db.Ready(t.Context()) == nil }
	eventually(t, "ready", ready)
	item := s.create("bolt")
	server.Stop()
	if ready() {
		t.Error("ready without its database")
	}
	reply := s.do("GET", path(item), "")
	if reply.Code != http.StatusServiceUnavailable || reply.Header().Get("Retry-After") == "" {
		t.Errorf("while it is down: status %d, body %s", reply.Code, reply.Body)
	}
	server.Start()
	eventually(t, "ready again", ready)
	eventually(t, "served again", func() bool { return s.do("GET", path(item), "").Code == http.StatusOK })
	if strings.Contains(s.logs.String(), testkit.PostgresPassword) {
		t.Error("the log holds the password")
	}
}

func testLateDatabase(t *testing.T, server *testkit.Postgres) {
	server.Stop()
	s := newService(t, defaults(server.URL))
	maintain(t, s)
	if err := s.db.Ready(t.Context()); err == nil {
		t.Error("ready before its database")
	}
	if reply := s.do("POST", "/items", `{"name":"bolt","quantity":1}`); reply.Code != http.StatusServiceUnavailable {
		t.Errorf("status %d", reply.Code)
	}
	server.Start()
	eventually(t, "ready", func() bool { return s.db.Ready(t.Context()) == nil })
	s.create("bolt")
}
