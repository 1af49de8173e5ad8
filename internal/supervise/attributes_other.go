//go:build !unix

package supervise

import "syscall"

// attributes are the system's defaults: that a child ends with its parent is
// left to the lifeline.
func attributes() *syscall.SysProcAttr { return nil }
