package outbound

import (
	"net"
	"net/http/httptrace"
	"testing"
	"time"
)

// Where the kernel says nothing of the receipt, as before the first receive
// timestamp of a machine, the delay before the request was written is known.
func TestOwnDelayWithoutReceiveTimestamps(t *testing.T) {
	const before, after = 60 * time.Millisecond, 40 * time.Millisecond
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	ctx, call := Measure(t.Context())
	time.Sleep(before)
	conn, err := dial(ctx, "tcp", listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	httptrace.ContextClientTrace(ctx).GotConn(httptrace.GotConnInfo{Conn: conn})
	if _, err := conn.Write([]byte("GET / HTTP/1.1\r\n\r\n")); err != nil {
		t.Fatal(err)
	}
	time.Sleep(after)
	if took, own := call.End(); own < before || took-own < after {
		t.Errorf("took %v, of which %v are the caller's own, want %v before and %v after the write", took, own, before, after)
	}
}
