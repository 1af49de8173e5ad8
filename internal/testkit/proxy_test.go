package testkit_test

import (
	"errors"
	"io"
	"net"
	"os"
	"syscall"
	"testing"
	"time"

	"loadlab/internal/testkit"
)

// echo sends back all that a connection sends.
func echo(t *testing.T) (address string) {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = listener.Close() })
	go func() {
		for {
			connection, err := listener.Accept()
			if err != nil {
				return
			}
			go func() {
				defer connection.Close()
				_, _ = io.Copy(connection, connection)
			}()
		}
	}()
	return listener.Addr().String()
}

// ask sends a byte and returns the error of its way there and back.
func ask(connection net.Conn, within time.Duration) error {
	if err := connection.SetDeadline(time.Now().Add(within)); err != nil {
		return err
	}
	if _, err := connection.Write([]byte{1}); err != nil {
		return err
	}
	_, err := io.ReadFull(connection, make([]byte, 1))
	return err
}

func dial(t *testing.T, address string) net.Conn {
	t.Helper()
	connection, err := net.Dial("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = connection.Close() })
	return connection
}

func TestAProxyBreaksAndMends(t *testing.T) {
	const long, moment = 30 * time.Second, 20 * time.Millisecond
	p := testkit.NewProxy(t)
	p.Forward(echo(t))
	for _, row := range []struct {
		state testkit.Link
		old   error // of a connection that was open; nil if it only waits
	}{{testkit.Cut, io.EOF}, {testkit.Reset, syscall.ECONNRESET}, {testkit.Silent, nil}} {
		t.Run(row.state.String(), func(t *testing.T) {
			old := dial(t, p.Address)
			if err := ask(old, long); err != nil {
				t.Fatalf("while it was whole: %v", err)
			}
			p.Become(row.state)
			if row.old != nil {
				_ = old.SetReadDeadline(time.Now().Add(long))
				if _, err := old.Read(make([]byte, 1)); !errors.Is(err, row.old) {
					t.Errorf("the open connection ends with %v, want %v", err, row.old)
				}
			} else if err := ask(old, moment); !errors.Is(err, os.ErrDeadlineExceeded) {
				t.Errorf("the open connection: %v", err)
			}
			young, err := net.Dial("tcp", p.Address)
			switch {
			case row.state == testkit.Cut:
				if !errors.Is(err, syscall.ECONNREFUSED) {
					t.Errorf("a new connection: %v", err)
				}
			case err != nil:
				t.Errorf("a new connection: %v", err)
			default:
				defer young.Close()
				if err := ask(young, moment); err == nil || (row.state == testkit.Silent) != errors.Is(err, os.ErrDeadlineExceeded) {
					t.Errorf("a new connection: %v", err)
				}
			}
			p.Become(testkit.Whole)
			if err := ask(dial(t, p.Address), long); err != nil {
				t.Errorf("whole again: %v", err)
			}
			if row.state == testkit.Silent {
				_ = old.SetReadDeadline(time.Now().Add(long))
				if _, err := io.ReadFull(old, make([]byte, 1)); err != nil {
					t.Errorf("what was sent meanwhile does not arrive: %v", err)
				}
			}
		})
	}
}
