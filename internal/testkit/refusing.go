//go:build unix

package testkit

import (
	"fmt"
	"net"
	"os"
	"sync"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"
)

// Refusing returns an address on loopback that refuses connections until listen
// is called. Its socket is bound from the beginning, so that no other program
// can get the port meanwhile, as it could a port that was closed.
func Refusing(t testing.TB) (address string, listen func() net.Listener) {
	t.Helper()
	syscall.ForkLock.RLock() // no program that starts now inherits it
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM, 0)
	if err == nil {
		unix.CloseOnExec(fd)
	}
	syscall.ForkLock.RUnlock()
	if err != nil {
		t.Fatal(err)
	}
	socket := os.NewFile(uintptr(fd), "socket")
	free := sync.OnceFunc(func() { _ = socket.Close() }) // nothing was written
	t.Cleanup(free)
	if err := unix.Bind(fd, &unix.SockaddrInet4{Addr: [4]byte{127, 0, 0, 1}}); err != nil {
		t.Fatal(err)
	}
	bound, err := unix.Getsockname(fd)
	if err != nil {
		t.Fatal(err)
	}
	return fmt.Sprintf("127.0.0.1:%d", bound.(*unix.SockaddrInet4).Port), func() net.Listener {
		t.Helper()
		defer free()
		if err := unix.Listen(fd, unix.SOMAXCONN); err != nil {
			t.Fatal(err)
		}
		listener, err := net.FileListener(socket) // of a copy of the descriptor
		if err != nil {
			t.Fatal(err)
		}
		return listener
	}
}
