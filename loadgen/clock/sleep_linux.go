package clock

import (
	"runtime"

	"golang.org/x/sys/unix"
)

func monotonic() int64 {
	var now unix.Timespec
	_ = unix.ClockGettime(unix.CLOCK_MONOTONIC, &now) // cannot fail for this clock
	return now.Nano()
}

// Precise prepares the calling goroutine for SleepUntil: it keeps its thread,
// whose timers the kernel may otherwise delay by 50 microseconds.
func Precise() (release func()) {
	runtime.LockOSThread()
	_ = unix.Prctl(unix.PR_SET_TIMERSLACK, 1, 0, 0, 0) // in nanoseconds; without it sleeps are merely less exact
	return func() {
		_ = unix.Prctl(unix.PR_SET_TIMERSLACK, 0, 0, 0, 0) // the thread's default
		runtime.UnlockOSThread()
	}
}

// SleepUntil sleeps until t nanoseconds after the start, or returns early. Go's own timers round up
// to whole milliseconds when the process is idle, because epoll_wait does.
func (c *Clock) SleepUntil(t int64) {
	at := unix.NsecToTimespec(c.origin.Load().mono + t)
	// An interrupted sleep returns early, which the caller checks.
	_ = unix.ClockNanosleep(unix.CLOCK_MONOTONIC, unix.TIMER_ABSTIME, &at, nil)
}
