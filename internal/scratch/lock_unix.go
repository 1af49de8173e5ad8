//go:build unix

package scratch

import (
	"os"

	"golang.org/x/sys/unix"
)

func lock(file *os.File) error { return unix.Flock(int(file.Fd()), unix.LOCK_EX|unix.LOCK_NB) }

// take locks the file at path if no process has it. The folder may be another
// user's: a link is not followed, and a pipe is not waited for.
func take(path string) (*os.File, bool) {
	fd, err := unix.Open(path, unix.O_RDONLY|unix.O_NOFOLLOW|unix.O_NONBLOCK|unix.O_CLOEXEC, 0)
	if err != nil {
		return nil, false
	}
	file := os.NewFile(uintptr(fd), path)
	if lock(file) != nil {
		file.Close()
		return nil, false
	}
	return file, true
}
