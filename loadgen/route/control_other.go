//go:build !linux

package route

import "syscall"

// portLate has nothing to set here.
func portLate(_, _ string, _ syscall.RawConn) error { return nil }
