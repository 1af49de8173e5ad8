//go:build unix

// Package openfiles knows how many files a process may have open.
package openfiles

import "syscall"

// Limit is how many files, sockets included, this process may have open. Go has
// raised the soft limit to the hard one. It is false if the limit is not known.
func Limit() (files uint64, known bool) {
	var limit syscall.Rlimit
	err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit)
	return uint64(limit.Cur), err == nil //nolint:unconvert // the field is signed on some systems
}
