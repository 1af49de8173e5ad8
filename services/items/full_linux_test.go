package items_test

import (
	"context"
	"errors"
	"net/http"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"loadlab/internal/testkit"
)

// On a full disk reads are answered and writes 507, which is what readiness
// says; with room again everything goes on.
func TestOnAFullDisk(t *testing.T) {
	const create = `{"name":"bolt","quantity":1}`
	folder := testkit.SmallDisk(t, 1<<20)
	s := newService(t, defaults("sqlite:"+filepath.Join(folder, "items.db")))
	kept := s.create("kept")
	if err := s.db.Ready(t.Context()); err != nil {
		t.Fatalf("not ready with room: %v", err)
	}
	empty := testkit.Fill(t, folder)
	// The last page of the write-ahead log may have room for some small writes.
	var err error
	for deadline := time.Now().Add(20 * time.Second); err == nil && time.Now().Before(deadline); {
		err = s.db.Ready(t.Context())
	}
	if err == nil || !strings.Contains(err.Error(), "disk of the database is full") {
		t.Errorf("readiness says %v", err)
	}
	for _, request := range []struct{ method, path, header, value string }{
		{"POST", "/items", "", ""}, {"POST", "/items", "Idempotency-Key", `"full"`}, {"PUT", path(kept), "", ""}, {"PUT", path(kept), "If-Match", "*"},
	} {
		var headers []string
		if request.header != "" {
			headers = []string{request.header, request.value}
		}
		reply := s.do(request.method, request.path, create, headers...)
		if reply.Code != http.StatusInsufficientStorage || reply.Header().Get("Retry-After") == "" ||
			reply.Header().Get("Content-Type") != "application/problem+json" {
			t.Errorf("%v is answered %d %v %s", request, reply.Code, reply.Header(), reply.Body)
		}
	}
	if reply := s.do("GET", path(kept), ""); reply.Code != http.StatusOK {
		t.Errorf("a read is answered %d %s", reply.Code, reply.Body)
	}
	empty()
	if err := s.db.Ready(t.Context()); err != nil {
		t.Errorf("not ready with room again: %v", err)
	}
	if reply := s.do("POST", "/items", create, "Idempotency-Key", `"full"`); reply.Code != http.StatusCreated {
		t.Errorf("with room again a write is answered %d %s", reply.Code, reply.Body)
	}
}

// A database that others write to for long is busy, not broken.
func TestBusyIsReady(t *testing.T) {
	s := newService(t, defaults(sqliteURL(t)))
	release := s.holdTheTable()
	defer release()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	if err := s.db.Ready(ctx); err != nil || errors.Is(ctx.Err(), context.DeadlineExceeded) {
		t.Errorf("readiness says %v", err)
	}
}
