package gateway_test

import (
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"
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
	begin := func(text string) net.Conn {
		conn, err := net.Dial("tcp", strings.TrimPrefix(door.url, "http://"))
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { conn.Close() })
		if err := conn.(*net.TCPConn).SetReadBuffer(4 << 10); err != nil { // so that a reply of some MiB is not taken by the kernel
			t.Fatal(err)
		}
		if err := conn.SetDeadline(time.Now().Add(time.Minute)); err != nil {
			t.Fatal(err)
		}
		if _, err := io.WriteString(conn, text); err != nil {
			t.Fatal(err)
		}
		return conn
	}
	begin("POST /io/wait HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{")
	for deadline := time.Now().Add(time.Minute); door.metric("http_server_active_requests", nil) < 1; time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("the slow body is not seen")
		}
	}
	if reply := door.get("/io/wait"); reply.status != http.StatusOK {
		t.Fatalf("next to a slow body: %d %s", reply.status, reply.body)
	}
	// Its first byte says that the reply has begun.
	if _, err := io.ReadFull(begin("GET /io/wait?kind=large HTTP/1.1\r\nHost: a\r\n\r\n"), make([]byte, 1)); err != nil {
		t.Fatal(err)
	}
	if reply := door.get("/io/wait"); reply.status != http.StatusOK {
		t.Fatalf("next to a slow reader: %d %s", reply.status, reply.body)
	}
}
