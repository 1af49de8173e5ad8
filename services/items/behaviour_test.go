package items_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"

	"loadlab/services/items"
)

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

// Of the writers that race for one version, exactly one wins; in every round.
func testRace(t *testing.T, s *service) {
	item := s.create("bolt")
	for round := range 10 {
		version := fmt.Sprintf("%q", fmt.Sprint(round+1))
		won := 0
		for _, reply := range atOnce(8, func(i int) *httptest.ResponseRecorder {
			if i%2 == 0 {
				return s.patch(item, fmt.Sprintf(`{"quantity":%d}`, 100*round+i+10), "If-Match", version)
			}
			return s.do("PUT", path(item), fmt.Sprintf(`{"name":"bolt","quantity":%d}`, i), "If-Match", version)
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
			t.Fatalf("round %d: %d changes won, want 1", round, won)
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
	old := s.create("old", "Idempotency-Key", `"old"`)
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
	if again := s.create("old", "Idempotency-Key", `"old"`); again.ID == old.ID {
		t.Error("the key outlived the bound")
	}
}
