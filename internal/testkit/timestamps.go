package testkit

import (
	"errors"
	"io"
	"net"
	"runtime"
	"testing"
	"time"

	"loadlab/internal/arrival"
)

// RequireReceiveTimestamps skips the test where there are none. Linux switches them
// on for the whole system with the first socket that asks for them, and not at
// once: what arrives in the meantime has none. So it waits until data has one, and
// leaves a socket that asks for them open until the test ends.
func RequireReceiveTimestamps(t testing.TB) {
	t.Helper()
	if runtime.GOOS != "linux" {
		t.Skip("receive timestamps are read on Linux")
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	listener = arrival.Listen(listener)
	t.Cleanup(func() { listener.Close() })
	for end := time.Now().Add(startLimit); ; {
		dated, err := isDated(listener)
		switch {
		case err != nil:
			t.Fatal(err)
		case dated:
			return
		case time.Now().After(end):
			t.Fatal("what arrives has no time of receipt")
		}
		time.Sleep(time.Millisecond)
	}
}

func isDated(listener net.Listener) (dated bool, err error) {
	client, err := net.Dial("tcp", listener.Addr().String())
	if err != nil {
		return false, err
	}
	defer func() { err = errors.Join(err, client.Close()) }()
	if _, err := io.WriteString(client, "a"); err != nil {
		return false, err
	}
	server, err := listener.Accept()
	if err != nil {
		return false, err
	}
	defer func() { err = errors.Join(err, server.Close()) }()
	if _, err := io.ReadFull(server, make([]byte, 1)); err != nil {
		return false, err
	}
	return server.(*arrival.Conn).Last() != 0, nil
}
