//go:build unix

package lab

import (
	"golang.org/x/sys/unix"
)

// freeDisk is what an ordinary user can still write below path, in bytes.
func freeDisk(path string) (uint64, bool) {
	var stat unix.Statfs_t
	if err := unix.Statfs(path, &stat); err != nil {
		return 0, false
	}
	return uint64(stat.Bavail) * uint64(stat.Bsize), true //nolint:unconvert // the fields differ between systems
}
