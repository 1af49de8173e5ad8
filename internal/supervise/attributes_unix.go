//go:build unix && !linux

package supervise

import "syscall"

// attributes keep a terminal's Ctrl-C from a child: the parent stops its
// children in order. That a child ends with its parent is left to the lifeline.
func attributes() *syscall.SysProcAttr { return &syscall.SysProcAttr{Setpgid: true} }
