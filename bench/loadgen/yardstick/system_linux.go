package yardstick

import (
	"time"

	"golang.org/x/sys/unix"
)

// sleep blocks its thread: the runtime's timers round a wait up to 1 ms when the
// process is idle, which would make the known delay an unknown one.
func sleep(d time.Duration) {
	left := unix.NsecToTimespec(max(0, d.Nanoseconds()))
	for unix.Nanosleep(&left, &left) == unix.EINTR {
		continue // left is what remains
	}
}
