package route

import (
	"syscall"

	"golang.org/x/sys/unix"
)

// portLate lets the kernel choose the local port when the connection is opened, when it knows the other end: a
// port can then serve connections to several servers.
func portLate(_, _ string, raw syscall.RawConn) error {
	return raw.Control(func(fd uintptr) {
		_ = unix.SetsockoptInt(int(fd), unix.IPPROTO_IP, unix.IP_BIND_ADDRESS_NO_PORT, 1) // without it there are only fewer ports
	})
}
