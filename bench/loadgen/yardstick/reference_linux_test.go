package yardstick

import (
	"context"
	"os"
	"strconv"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// Go interrupts threads by signals to preempt what they run.
func TestTheReferenceOutlastsSignals(t *testing.T) {
	s, err := serve()
	if err != nil {
		t.Fatal(err)
	}
	defer s.close()
	s.reset(3*time.Millisecond, true)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	go interruptThreads(ctx)
	if _, err := reference(s.listener.Addr().String(), 5*time.Millisecond, 10); err != nil {
		t.Error(err)
	}
}

// interruptThreads sends each thread of the process the signal that Go uses, again and again.
func interruptThreads(ctx context.Context) {
	for ctx.Err() == nil {
		threads, _ := os.ReadDir("/proc/self/task") // without them none is interrupted
		for _, thread := range threads {
			if id, err := strconv.Atoi(thread.Name()); err == nil {
				_ = unix.Tgkill(os.Getpid(), id, unix.SIGURG) // a thread may have ended
			}
		}
		time.Sleep(time.Millisecond)
	}
}
