package items_test

import (
	"context"
	"database/sql"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"loadlab/internal/testkit"
	"loadlab/services/items"
)

// A client that leaves in the middle of a statement leaves nothing behind: no
// item, no key, no transaction and no connection in use.
func testClientLeaves(t *testing.T, s *service) {
	const body = `{"name":"left behind","quantity":1}`
	kept := s.create("kept")
	release := s.holdTheTable()
	ctx, leave := context.WithCancel(t.Context())
	ended := make(chan *httptest.ResponseRecorder, 2)
	go func() { ended <- s.doCtx(ctx, "POST", "/items", body, "Idempotency-Key", `"leaves"`) }()
	go func() { ended <- s.doCtx(ctx, "PUT", path(kept), body, "If-Match", `*`) }()
	s.eventuallyInUse(2)
	if !s.file {
		eventually(t, "both statements wait for the table", func() bool { return s.waiting() == 2 })
	}
	leave()
	for range 2 {
		if reply := <-ended; reply.Body.Len() > 0 {
			t.Errorf("a client that left is sent status %d, %s", reply.Code, reply.Body)
		}
	}
	s.eventuallyInUse(0)
	// The statements end in the database too: they do not go on once the table is free.
	eventually(t, "no statement waits for the table", func() bool { return s.waiting() == 0 })
	release()
	if n := s.count(`name = 'left behind'`); n != 0 {
		t.Errorf("%d items were written for clients that left", n)
	}
	if got := decode[items.Item](t, s.do("GET", path(kept), "")); got != kept {
		t.Errorf("the item was changed for a client that left: %+v", got)
	}
	reply := s.do("POST", "/items", body, "Idempotency-Key", `"leaves"`)
	if reply.Code != http.StatusCreated || reply.Header().Get("Idempotency-Replayed") != "" {
		t.Errorf("the client asks again: status %d, headers %v, body %s", reply.Code, reply.Header(), reply.Body)
	}
	if n := s.count(`name = 'left behind'`); n != 1 {
		t.Errorf("then there are %d items, want 1", n)
	}
}

// openSide opens a connection pool of the test's own to the service's database.
func openSide(t *testing.T, cfg items.Config) (side *sql.DB, file bool) {
	t.Helper()
	path, file := strings.CutPrefix(cfg.URL, "sqlite:")
	driver, source := "pgx", cfg.URL
	if file {
		driver, source = "sqlite", "file:"+path+"?_pragma=busy_timeout(10000)"
	}
	side, err := sql.Open(driver, source)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = side.Close() })
	return side, file
}

// count returns how many items satisfy the condition.
func (s *service) count(condition string, args ...any) (n int) {
	s.t.Helper()
	if err := s.side.QueryRowContext(s.t.Context(), `SELECT count(*) FROM items WHERE `+condition, args...).Scan(&n); err != nil {
		s.t.Fatal(err)
	}
	return n
}

// holdTheTable keeps every change of the items waiting until release is called.
func (s *service) holdTheTable() (release func()) {
	s.t.Helper()
	conn, err := s.side.Conn(s.t.Context())
	if err != nil {
		s.t.Fatal(err)
	}
	begin := []string{`BEGIN`, `LOCK TABLE items IN EXCLUSIVE MODE`}
	if s.file {
		begin = []string{`BEGIN IMMEDIATE`}
	}
	for _, statement := range begin {
		if _, err := conn.ExecContext(s.t.Context(), statement); err != nil {
			s.t.Fatal(err)
		}
	}
	held := true
	release = func() {
		if !held {
			return
		}
		held = false
		if _, err := conn.ExecContext(context.Background(), `ROLLBACK`); err != nil {
			s.t.Error(err)
		}
		if err := conn.Close(); err != nil {
			s.t.Error(err)
		}
	}
	s.t.Cleanup(release)
	return release
}

// eventuallyInUse waits until n requests hold a connection.
func (s *service) eventuallyInUse(n float64) {
	s.t.Helper()
	eventually(s.t, "the expected number of connections is in use", func() bool {
		return testkit.Gather(s.t, s.tel.Registry).Sum("go_sql_in_use_connections", nil) == n
	})
}

// waiting returns how many statements wait for a lock of a PostgreSQL database.
// With SQLite they wait inside the service, which has ended them with its requests.
func (s *service) waiting() (n int) {
	s.t.Helper()
	if s.file {
		return 0
	}
	err := s.side.QueryRowContext(s.t.Context(), `SELECT count(*) FROM pg_stat_activity
		WHERE datname = current_database() AND wait_event_type = 'Lock'`).Scan(&n)
	if err != nil {
		s.t.Fatal(err)
	}
	return n
}
