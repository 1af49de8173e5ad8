//go:build linux && (amd64 || arm64 || ppc64le || riscv64 || s390x)

package arrival

import (
	"io"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

// controlSize holds the control message of one timestamp, with room to spare.
const controlSize = 64

// receiver holds the arguments of recvmsg, so that a read allocates nothing.
type receiver struct {
	attempt func(fd uintptr) bool // a closure made once
	message unix.Msghdr
	vector  unix.Iovec
	control [controlSize]byte
	n       int
	errno   syscall.Errno
}

func (r *receiver) open() {
	r.message.Iov = &r.vector
	r.message.SetIovlen(1)
	r.message.Control = &r.control[0]
	r.attempt = r.receiveOnce
}

// receive reads once, waiting until there is something.
func (r *receiver) receive(raw syscall.RawConn, p []byte) (n int, at int64, err error) {
	r.vector.Base = &p[0]
	r.vector.SetLen(len(p))
	err = raw.Read(r.attempt)
	r.vector.Base = nil
	switch {
	case err != nil:
		return 0, 0, err
	case r.errno != 0:
		return 0, 0, r.errno
	case r.n == 0:
		return 0, 0, io.EOF
	}
	return r.n, r.timestamp(), nil
}

// receiveOnce is false if there is nothing to read yet. The call is raw: the
// socket does not block, so the scheduler need not know of it.
func (r *receiver) receiveOnce(fd uintptr) bool {
	r.message.SetControllen(controlSize)
	for {
		n, _, errno := unix.RawSyscall(unix.SYS_RECVMSG, fd, uintptr(unsafe.Pointer(&r.message)), unix.MSG_DONTWAIT)
		switch errno {
		case unix.EINTR:
			continue
		case unix.EAGAIN:
			return false
		}
		r.n, r.errno = int(n), errno
		return true
	}
}

// timestamp reads the first control message, which is the only one.
func (r *receiver) timestamp() int64 {
	const header = unsafe.Sizeof(unix.Cmsghdr{})
	if uintptr(r.message.Controllen) < header+unsafe.Sizeof(unix.Timespec{}) {
		return 0
	}
	head := (*unix.Cmsghdr)(unsafe.Pointer(&r.control[0]))
	if head.Level != unix.SOL_SOCKET || head.Type != unix.SO_TIMESTAMPNS {
		return 0
	}
	return (*unix.Timespec)(unsafe.Pointer(&r.control[header])).Nano()
}

func enable(raw syscall.RawConn) error {
	var failed error
	err := raw.Control(func(fd uintptr) {
		failed = unix.SetsockoptInt(int(fd), unix.SOL_SOCKET, unix.SO_TIMESTAMPNS, 1)
	})
	if err != nil {
		return err
	}
	return failed
}
