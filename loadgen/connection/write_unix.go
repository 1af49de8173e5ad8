//go:build unix

package connection

import "syscall"

// writeOnce writes what the socket takes at once.
func writeOnce(fd uintptr, data []byte) (int, error) {
	n, err := syscall.Write(int(fd), data)
	return max(0, n), err
}
