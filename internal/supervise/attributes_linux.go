package supervise

import "syscall"

// attributes make the kernel kill a child when its parent is gone, and keep a
// terminal's Ctrl-C from reaching it: the parent stops its children in order.
func attributes() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL, Setpgid: true}
}
