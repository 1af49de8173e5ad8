package testkit

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"testing"
	"time"

	"loadlab/internal/openfiles"
)

// Begin opens a connection and writes text, which is not a whole request or asks
// for a reply that is not read. The connection lasts until the test ends.
func Begin(t testing.TB, address, text string) net.Conn {
	t.Helper()
	conn, err := net.Dial("tcp", address)
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

// Hold opens n connections, writes text to each and keeps them until the test
// ends. It skips the test, as RequireFound does, where n files cannot be open.
func Hold(t testing.TB, n int, address, text string) []net.Conn {
	t.Helper()
	const others = 500 // files of the test itself
	if limit, known := openfiles.Limit(); known && limit < uint64(n+others) {
		RequireFound(t, fmt.Errorf("needs %d open files, the limit is %d (ulimit -n)", n+others, limit))
	}
	all := make([]net.Conn, n)
	for i := range all {
		conn, err := net.DialTimeout("tcp", address, startLimit)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { conn.Close() })
		_, _ = io.WriteString(conn, text) // one that was closed to make room takes nothing: that is what is tested
		all[i] = conn
	}
	return all
}

// Misbehave listens and lets answer do with each connection what it likes, after
// a request has been read. It returns the listener's address.
func Misbehave(t testing.TB, answer func(net.Conn)) (address string) {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { listener.Close() })
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			go func() {
				defer conn.Close()
				request, err := http.ReadRequest(bufio.NewReader(conn))
				if err != nil {
					return
				}
				_, _ = io.Copy(io.Discard, request.Body) // one that is cut is the client's matter
				answer(conn)
			}()
		}
	}()
	return listener.Addr().String()
}
