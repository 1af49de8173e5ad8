package items_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"

	"loadlab/services/items"
)

func testPreconditions(t *testing.T, s *service) {
	const body = `{"name":"nut","quantity":2}`
	for _, row := range []struct {
		name, method, body, header, value string
		status                            int
	}{
		{"read, other version", "GET", "", "If-None-Match", `"9"`, 200},
		{"read, same version", "GET", "", "If-None-Match", `"9", W/"1"`, 304},
		{"read, any version", "GET", "", "If-None-Match", `*`, 304},
		{"read, no tag", "GET", "", "If-None-Match", `1`, 400},
		{"replace, same version", "PUT", body, "If-Match", `"1"`, 200},
		{"replace, one of several", "PUT", body, "If-Match", `"7","1"`, 200},
		{"replace, any version", "PUT", body, "If-Match", `*`, 200},
		{"replace, other version", "PUT", body, "If-Match", `"2"`, 412},
		{"replace, weak tag", "PUT", body, "If-Match", `W/"1"`, 412},
		{"replace, tag of someone else", "PUT", body, "If-Match", `"abc"`, 412},
		{"replace, no tag", "PUT", body, "If-Match", `1`, 400},
		{"delete, other version", "DELETE", "", "If-Match", `"2"`, 412},
		{"delete, same version", "DELETE", "", "If-Match", `"1"`, 204},
	} {
		t.Run(row.name, func(t *testing.T) {
			target := path(s.create("bolt"))
			if reply := s.do(row.method, target, row.body, row.header, row.value); reply.Code != row.status {
				t.Errorf("status %d, want %d, body %s", reply.Code, row.status, reply.Body)
			}
			if row.status == http.StatusPreconditionFailed {
				if got := decode[items.Item](t, s.do("GET", target, "")); got.Version != 1 || got.Name != "bolt" {
					t.Errorf("a failed precondition changed the item to %+v", got)
				}
			}
		})
	}
}

func testKey(t *testing.T, s *service) {
	first := s.create("bolt", "Idempotency-Key", "order 1")
	s.do("PUT", path(first), `{"name":"nut","quantity":2}`)
	again := s.do("POST", "/items", `{"quantity":1.0,"name":"bolt"}`, "Idempotency-Key", "order 1")
	if got := decode[items.Item](t, again); again.Code != http.StatusCreated || got != first {
		t.Errorf("replay: status %d, item %+v, want %+v", again.Code, got, first)
	}
	if h := again.Header(); h.Get("Idempotency-Replayed") != "true" || h.Get("Location") != path(first) || h.Get("ETag") != `"1"` {
		t.Errorf("headers of a replay: %v", h)
	}
	if other := s.do("POST", "/items", `{"name":"bolt","quantity":2}`, "Idempotency-Key", "order 1"); other.Code != http.StatusUnprocessableEntity {
		t.Errorf("another body: status %d, %s", other.Code, other.Body)
	}
	if got := s.create("bolt", "Idempotency-Key", "order 2"); got.ID == first.ID {
		t.Error("another key gave the same item")
	}
	if got := s.create("bolt"); got.ID == first.ID {
		t.Error("no key gave the same item")
	}
}

// atOnce serves n requests at the same time.
func atOnce(n int, request func(i int) *httptest.ResponseRecorder) []*httptest.ResponseRecorder {
	replies := make([]*httptest.ResponseRecorder, n)
	var all sync.WaitGroup
	for i := range n {
		all.Go(func() { replies[i] = request(i) })
	}
	all.Wait()
	return replies
}

func testKeyAtOnce(t *testing.T, s *service) {
	fresh, ids := 0, map[int64]bool{}
	for _, reply := range atOnce(20, func(int) *httptest.ResponseRecorder {
		return s.do("POST", "/items", `{"name":"bolt","quantity":1}`, "Idempotency-Key", "at once")
	}) {
		if reply.Code != http.StatusCreated {
			t.Errorf("status %d, body %s", reply.Code, reply.Body)
			continue
		}
		ids[decode[items.Item](t, reply).ID] = true
		if reply.Header().Get("Idempotency-Replayed") == "" {
			fresh++
		}
	}
	if len(ids) != 1 || fresh != 1 {
		t.Errorf("%d items, %d replies that are no replay, want one of each", len(ids), fresh)
	}
}

// Of those that replace one version, exactly one wins; in every round.
func testRace(t *testing.T, s *service) {
	item := s.create("bolt")
	for round := range 10 {
		match := fmt.Sprintf("%q", fmt.Sprint(round+1))
		won := 0
		for _, reply := range atOnce(8, func(i int) *httptest.ResponseRecorder {
			return s.do("PUT", path(item), fmt.Sprintf(`{"name":"bolt","quantity":%d}`, i), "If-Match", match)
		}) {
			switch reply.Code {
			case http.StatusOK:
				won++
			case http.StatusPreconditionFailed:
			default:
				t.Errorf("status %d, body %s", reply.Code, reply.Body)
			}
		}
		if won != 1 {
			t.Fatalf("round %d: %d replacements won, want 1", round, won)
		}
	}
}

func testPages(t *testing.T, s *service) {
	var want []int64
	for range 7 {
		want = append(want, s.create("bolt").ID)
	}
	for _, limit := range []int{1, 3, 7, 500} {
		var got []int64
		cursor := ""
		for {
			page := decode[items.Page](t, s.do("GET", fmt.Sprintf("/items?limit=%d%s", limit, cursor), ""))
			if len(page.Items) > limit {
				t.Fatalf("%d items, limit %d", len(page.Items), limit)
			}
			for _, item := range page.Items {
				if item.ID >= want[0] {
					got = append(got, item.ID)
				}
			}
			if page.NextCursor == "" {
				break
			}
			cursor = "&cursor=" + page.NextCursor
		}
		if fmt.Sprint(got) != fmt.Sprint(want) {
			t.Errorf("limit %d: ids %v, want %v", limit, got, want)
		}
	}
}

// The bound of the suite's services is 1000 items.
func testPrune(t *testing.T, s *service) {
	old := s.create("old", "Idempotency-Key", "old")
	var newest items.Item
	for newest.ID < old.ID+1000 {
		newest = s.create("new")
	}
	if reply := s.do("GET", path(old), ""); reply.Code != http.StatusOK {
		t.Fatalf("before: status %d", reply.Code)
	}
	if err := s.db.Prune(t.Context()); err != nil {
		t.Fatal(err)
	}
	if reply := s.do("GET", path(old), ""); reply.Code != http.StatusNotFound {
		t.Errorf("the oldest item: status %d", reply.Code)
	}
	if reply := s.do("GET", path(newest), ""); reply.Code != http.StatusOK {
		t.Errorf("the newest item: status %d", reply.Code)
	}
	if again := s.create("old", "Idempotency-Key", "old"); again.ID == old.ID {
		t.Error("the key outlived the bound")
	}
}
