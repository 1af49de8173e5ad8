//go:build unix

package lab

import (
	"syscall"

	"golang.org/x/sys/unix"
)

// fileLimit is how many files a process may have open. Go raises the soft limit
// to the hard one automatically.
func fileLimit() (uint64, bool) {
	var limit syscall.Rlimit
	err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit)
	return uint64(limit.Cur), err == nil //nolint:unconvert // the field is signed on some systems
}

// freeDisk is what an ordinary user can still write below path, in bytes.
func freeDisk(path string) (uint64, bool) {
	var stat unix.Statfs_t
	if err := unix.Statfs(path, &stat); err != nil {
		return 0, false
	}
	return uint64(stat.Bavail) * uint64(stat.Bsize), true //nolint:unconvert // the fields differ between systems
}
