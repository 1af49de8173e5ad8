//go:build darwin || dragonfly || freebsd || openbsd

package workmeter

import (
	"time"

	"golang.org/x/sys/unix"
)

// ClockName says what CPU time is measured by.
const ClockName = "thread"

// threadClock returns the CPU time of the calling thread since its start.
func threadClock() time.Duration {
	var ts unix.Timespec
	// The clock always exists on these systems, and no argument can be wrong.
	_ = unix.ClockGettime(unix.CLOCK_THREAD_CPUTIME_ID, &ts)
	return time.Duration(ts.Nano())
}
