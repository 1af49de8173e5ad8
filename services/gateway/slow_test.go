package gateway_test

import (
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"loadlab/internal/testkit"
)

// The slots of a group are for what its service works on: a body that arrives
// slowly and a reply that is read slowly take none.
func TestSlowClientsTakeNoSlotOfTheGroup(t *testing.T) {
	large := strings.Repeat("x", 16<<20)
	base, _ := behind(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Query().Get("kind") == "large" {
			_, _ = io.WriteString(w, large)
		}
	})
	door := open(t, base, "IO_CONCURRENCY=1", "MAX_REPLY_BYTES=16777216", "RETRY_MAX=0")
	address := strings.TrimPrefix(door.url, "http://")
	testkit.Begin(t, address, "POST /io/wait HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{")
	for deadline := time.Now().Add(time.Minute); door.metric("http_server_active_requests", nil) < 1; time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("the slow body is not seen")
		}
	}
	if reply := door.get("/io/wait"); reply.status != http.StatusOK {
		t.Fatalf("next to a slow body: %d %s", reply.status, reply.body)
	}
	// Its first byte says that the reply has begun.
	if _, err := io.ReadFull(testkit.Begin(t, address, "GET /io/wait?kind=large HTTP/1.1\r\nHost: a\r\n\r\n"), make([]byte, 1)); err != nil {
		t.Fatal(err)
	}
	if reply := door.get("/io/wait"); reply.status != http.StatusOK {
		t.Fatalf("next to a slow reader: %d %s", reply.status, reply.body)
	}
}
