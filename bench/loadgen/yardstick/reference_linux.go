package yardstick

import (
	"bytes"
	"errors"
	"fmt"
	"net"
	"runtime"
	"time"

	"golang.org/x/sys/unix"
)

// reference measures the time from a write to the end of the read that follows
// it, count times at a beat: on one thread that blocks in the kernel, with
// nothing between the system calls and the clock. No client sees a reply
// earlier; what it measures above the server's delay is the way through the
// loopback with the wake-ups of either side.
func reference(address string, beat time.Duration, count int) ([]time.Duration, error) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	tcp, err := net.ResolveTCPAddr("tcp4", address)
	if err != nil {
		return nil, fmt.Errorf("resolve the server's address: %w", err)
	}
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return nil, fmt.Errorf("open the reference's socket: %w", err)
	}
	defer func() { _ = unix.Close(fd) }()
	limit := unix.NsecToTimeval(time.Second.Nanoseconds())
	if err := unix.SetsockoptTimeval(fd, unix.SOL_SOCKET, unix.SO_RCVTIMEO, &limit); err != nil {
		return nil, fmt.Errorf("limit the reference's reads: %w", err)
	}
	if err := unix.Connect(fd, &unix.SockaddrInet4{Port: tcp.Port, Addr: [4]byte(tcp.IP.To4())}); err != nil {
		return nil, fmt.Errorf("connect the reference: %w", err)
	}
	request, buffer := []byte("GET / HTTP/1.1\r\nHost: "+address+"\r\n\r\n"), make([]byte, headLimit)
	times := make([]time.Duration, 0, count)
	for began := time.Now(); len(times) < count; {
		sleep(time.Until(began.Add(time.Duration(len(times)) * beat)))
		sent := time.Now()
		if _, err := unix.Write(fd, request); err != nil {
			return nil, fmt.Errorf("write the reference's request: %w", err)
		}
		n, err := read(fd, buffer)
		took := time.Since(sent)
		if err != nil || !bytes.HasSuffix(buffer[:max(n, 0)], []byte("\r\n\r\nok")) {
			return nil, fmt.Errorf("read the reference's reply, %q: %w", buffer[:max(n, 0)], err)
		}
		times = append(times, took)
	}
	return times, nil
}

// read reads again after a signal, such as Go's own for preemption: the kernel
// resumes a read that has a time limit for no handler.
func read(fd int, buffer []byte) (int, error) {
	for {
		if n, err := unix.Read(fd, buffer); !errors.Is(err, unix.EINTR) {
			return n, err
		}
	}
}
