package items_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"loadlab/internal/testkit"
	"loadlab/services/items"
)

func testKey(t *testing.T, s *service) {
	first := s.create("bolt", "Idempotency-Key", `"order 1"`)
	s.do("PUT", path(first), `{"name":"nut","quantity":2}`)
	again := s.do("POST", "/items", `{"quantity":1.0,"name":"bolt"}`, "Idempotency-Key", `"order 1"`)
	if got := decode[items.Item](t, again); again.Code != http.StatusCreated || got != first {
		t.Errorf("replay: status %d, item %+v, want %+v", again.Code, got, first)
	}
	if h := again.Header(); h.Get("Idempotency-Replayed") != "true" || h.Get("Location") != path(first) || h.Get("ETag") != `"1"` {
		t.Errorf("headers of a replay: %v", h)
	}
	if other := s.do("POST", "/items", `{"name":"bolt","quantity":2}`, "Idempotency-Key", `"order 1"`); other.Code != http.StatusUnprocessableEntity {
		t.Errorf("another body: status %d, %s", other.Code, other.Body)
	}
	if got := s.create("bolt", "Idempotency-Key", `"order 2"`); got.ID == first.ID {
		t.Error("another key gave the same item")
	}
	if got := s.create("bolt"); got.ID == first.ID {
		t.Error("no key gave the same item")
	}
}

// The header is a String of a structured field (RFC 9651, section 3.3.3).
func testKeySyntax(t *testing.T, s *service) {
	const body = `{"name":"bolt","quantity":1}`
	for _, row := range []struct {
		name   string
		lines  []string
		status int
	}{
		{"a string", []string{`"syntax 1"`}, 201},
		{"spaces around it", []string{` "syntax 2" `}, 201},
		{"escapes", []string{`"a \"quoted\" \\ key"`}, 201},
		{"a parameter without a meaning", []string{`"syntax 3"; a=1`}, 201},
		{"the longest", []string{`"` + strings.Repeat("k", 255) + `"`}, 201},
		{"too long", []string{`"` + strings.Repeat("k", 256) + `"`}, 400},
		{"nothing", []string{``}, 400},
		{"an empty string", []string{`""`}, 400},
		{"a token", []string{`order-1`}, 400},
		{"a UUID without quotes", []string{`8e03978e-40d5-43e8-bc93-6894a57f9324`}, 400},
		{"a number", []string{`12`}, 400},
		{"a byte sequence", []string{`:aGVsbG8=:`}, 400},
		{"a boolean", []string{`?1`}, 400},
		{"a quote too few", []string{`"order 1`}, 400},
		{"another escape", []string{`"order\n1"`}, 400},
		{"a character outside ASCII", []string{`"größe"`}, 400},
		{"something behind it", []string{`"order" 1`}, 400},
		{"a list", []string{`"order", "again"`}, 400},
		{"two lines", []string{`"order"`, `"order"`}, 400},
	} {
		t.Run(row.name, func(t *testing.T) {
			var headers []string
			for _, line := range row.lines {
				headers = append(headers, "Idempotency-Key", line)
			}
			if reply := s.do("POST", "/items", body, headers...); reply.Code != row.status {
				t.Errorf("status %d, want %d, body %s", reply.Code, row.status, reply.Body)
			}
		})
	}
	first := s.create("bolt", "Idempotency-Key", `"same \"key\""`)
	if again := s.create("bolt", "Idempotency-Key", `  "same \"key\"";p`); again != first {
		t.Errorf("one key in two notations gave %+v and %+v", first, again)
	}
}

func TestKeyThatIsRequired(t *testing.T) {
	cfg := defaults(sqliteURL(t))
	cfg.KeyRequired = true
	s := newService(t, cfg)
	reply := s.do("POST", "/items", `{"name":"bolt","quantity":1}`)
	if reply.Code != http.StatusBadRequest || !strings.Contains(reply.Body.String(), "Idempotency-Key") {
		t.Errorf("without a key: status %d, body %s", reply.Code, reply.Body)
	}
	s.create("bolt", "Idempotency-Key", `"order 1"`)
}

// Of requests with one key at once, one creates the item. The others are
// answered with that item, or 409 while it is not there yet.
func testKeyAtOnce(t *testing.T, s *service) {
	before := s.create("before")
	fresh, ids := 0, map[int64]bool{}
	for _, reply := range atOnce(20, func(int) *httptest.ResponseRecorder {
		return s.do("POST", "/items", `{"name":"bolt","quantity":1}`, "Idempotency-Key", `"at once"`)
	}) {
		switch reply.Code {
		case http.StatusCreated:
			ids[decode[items.Item](t, reply).ID] = true
			if reply.Header().Get("Idempotency-Replayed") == "" {
				fresh++
			}
		case http.StatusConflict:
		default:
			t.Errorf("status %d, body %s", reply.Code, reply.Body)
		}
	}
	if len(ids) != 1 || fresh != 1 {
		t.Errorf("%d items, %d replies that are no replay, want one of each", len(ids), fresh)
	}
	if stored := s.count(`id > $1`, before.ID); stored != 1 {
		t.Errorf("%d items are stored, want 1", stored)
	}
}

// While another transaction keeps the first request from ending, the second one is answered 409.
func testKeyInFlight(t *testing.T, s *service) {
	const body = `{"name":"bolt","quantity":1}`
	release := s.holdTheTable()
	first := make(chan *httptest.ResponseRecorder, 1)
	go func() { first <- s.do("POST", "/items", body, "Idempotency-Key", `"in flight"`) }()
	s.eventuallyInUse(1)
	if reply := s.do("POST", "/items", body, "Idempotency-Key", `"in flight"`); reply.Code != http.StatusConflict {
		t.Errorf("the same key meanwhile: status %d, body %s", reply.Code, reply.Body)
	}
	release()
	reply := <-first
	if reply.Code != http.StatusCreated {
		t.Fatalf("the first request: status %d, body %s", reply.Code, reply.Body)
	}
	if again := s.create("bolt", "Idempotency-Key", `"in flight"`); again != decode[items.Item](t, reply) {
		t.Errorf("afterwards the key gives %+v", again)
	}
}

// A key that is older than IDEMPOTENCY_TTL is as good as new, even before it is removed.
func testKeyExpiry(t *testing.T, s *service) {
	first := s.create("bolt", "Idempotency-Key", `"expiry"`)
	age := func(by time.Duration) {
		t.Helper()
		if _, err := s.side.ExecContext(t.Context(), `UPDATE idempotency_keys SET created_at = created_at - $1 WHERE key = 'expiry'`,
			int64(by.Seconds())); err != nil {
			t.Fatal(err)
		}
	}
	age(90 * time.Minute) // of the two hours that are configured
	if again := s.create("bolt", "Idempotency-Key", `"expiry"`); again.ID != first.ID {
		t.Errorf("before it expires the key gave item %d, want %d", again.ID, first.ID)
	}
	age(31 * time.Minute)
	const other = `{"name":"nut","quantity":5}`
	second := s.do("POST", "/items", other, "Idempotency-Key", `"expiry"`)
	if second.Code != http.StatusCreated || second.Header().Get("Idempotency-Replayed") != "" {
		t.Fatalf("an expired key with another body: status %d, headers %v", second.Code, second.Header())
	}
	again := s.do("POST", "/items", other, "Idempotency-Key", `"expiry"`)
	if again.Header().Get("Idempotency-Replayed") == "" || decode[items.Item](t, again) != decode[items.Item](t, second) {
		t.Errorf("the key that was used again: status %d, body %s", again.Code, again.Body)
	}
}

// The variable reaches the clock: over the wire a key is forgotten after a second.
func TestKeyExpiresOverTheWire(t *testing.T) {
	p := testkit.Start(t, "items", "IDEMPOTENCY_TTL=1s", "DATABASE_URL="+sqliteURL(t))
	first, _, err := post(t, p.URL, `"short"`)
	if err != nil {
		t.Fatal(err)
	}
	eventually(t, "the key is forgotten", func() bool {
		item, replayed, err := post(t, p.URL, `"short"`)
		if err != nil {
			t.Fatal(err)
		}
		if !replayed && item.ID <= first.ID {
			t.Fatalf("item %d after item %d", item.ID, first.ID)
		}
		return !replayed
	})
}
