// Package workmeter splits the time of one request into three parts: cpu, wait, queue.
//
// # Method
//
// A request is served by one goroutine. Start locks it to its OS thread and
// reads that thread's CPU clock; from then on every nanosecond is in exactly
// one of two kinds of section:
//
//	received   Start      Wait(fn)            Wait(fn)         Stop
//	   |..entry..|--compute--|~~~~wait~~~~|--compute--|~~wait~~|--|
//	              locked       unlocked     locked      unlocked
//
// What passes between the kernel's receipt of the request and Start is entry:
// the request lay in the socket or stood in line before the connection's
// goroutine ran. It belongs to the request's time, and is queue.
//
// In a compute section the goroutine stays on its thread, so the advance of
// the thread's CPU clock is the CPU time of this request and of nothing else.
// In a wait section the goroutine is unlocked, so that thousands of waiting
// requests need no thread of their own. The wall clock is the monotonic one.
// What neither clock explains is the third part:
//
//	queue = wall - cpu - wait
//
// time in which the request could have run and did not: runnable in the Go
// scheduler or in the operating system's run queue, stopped by a CPU quota, or
// waiting for a slot, a lock or a connection of a pool. For a timer the wait is
// what was asked for, so a late wake-up is queue too.
//
// Summed over all requests, the growth of each part per second is the mean
// number of requests in that state (Little's law, J. D. C. Little, "A Proof for
// the Queuing Formula: L = λW", Operations Research 9(3), 1961).
//
// The CPU clock is a system call, so it is not read at the end of a stretch of
// less than 50 microseconds: such a stretch counts as cpu.
//
// # Limits
//
//   - Where the time of receipt is unknown, the split starts at Start: time in
//     the accept queue, in the kernel's socket buffers and in net/http before
//     that is not seen.
//   - CPU time that other threads spend for the request (the garbage collector,
//     the kernel's network stack in soft interrupts) is not counted.
//   - Goroutines that a handler starts itself are not measured; a handler waits
//     for them inside Wait.
//   - Time stolen by a hypervisor is, on most kernels, part of the CPU clock.
//   - A page fault or a system call that blocks outside Wait counts as queue.
//   - On an operating system without a thread CPU clock (see ClockName) the
//     length of compute sections on the wall clock counts as CPU time, and so
//     does queueing inside them.
package workmeter

import (
	"context"
	"errors"
	"runtime"
	"time"
)

// ErrStopped is returned by Wait on a meter that has been stopped.
var ErrStopped = errors.New("request has ended")

// Split is where the time of a request went. CPU + Wait + Queue = Wall.
type Split struct {
	CPU   time.Duration // the request's goroutine ran on a processor
	Wait  time.Duration // it waited for what it asked for: a timer, a disk, a database, another service
	Queue time.Duration // it could have run and did not, or waited for a slot, a lock or a pool
	Wall  time.Duration // from the receipt, or from Start where that is unknown, to now

	Entry      time.Duration // the part of Queue before Start
	EntryKnown bool          // the time of receipt is known
}

// Meter measures one request. It belongs to the goroutine that called Start
// and is not safe for use by another.
type Meter struct {
	start    time.Time
	entry    time.Duration // before start
	received bool          // entry is known
	cpu      time.Duration // up to the last reading of the thread's CPU clock
	wait     time.Duration // of finished wait sections
	clock    time.Duration // that reading
	read     time.Time     // when it was taken
	waiting  time.Time     // when the open wait section began; zero in a compute section
	maxWait  time.Duration // of the open wait section that is wait
	stopped  bool
	observer Observer
	gate     Gate            // nil outside Enter and Leave
	ctx      context.Context // of Enter
}

// Observer receives each finished wait: what was waited for, and how long.
type Observer func(what string, waited time.Duration)

// maxEntry bounds the entry that is believed: more is a step of the wall clock.
const maxEntry = 10 * time.Minute

// StartReceived returns a meter that Start was called on.
func StartReceived(at int64) *Meter {
	m := &Meter{}
	m.Start(at)
	return m
}

// Start begins to measure a request that the kernel received at the time at, in
// nanoseconds since 1970, and locks the calling goroutine to its thread; 0 means
// that the time is unknown. A Stop in the same goroutine must follow.
func (m *Meter) Start(at int64) {
	*m = Meter{start: time.Now()}
	if at != 0 {
		if entry := time.Duration(m.start.UnixNano() - at); entry <= maxEntry {
			m.entry, m.received = max(0, entry), true
		}
	}
	m.beginCompute()
}

// Began is when the request was received, or Start was called where that is unknown.
func (m *Meter) Began() time.Time { return m.start.Add(-m.entry) }

// Observe has observer called after each wait from now on.
func (m *Meter) Observe(observer Observer) { m.observer = observer }

// A Gate bounds how many requests compute at once.
type Gate interface {
	TryEnter() bool                   // enters if it can at once
	Enter(ctx context.Context) error  // waits; with an error nothing was entered
	Return(ctx context.Context) error // the same for a request that entered before and left for a wait
	Leave()
}

// Enter passes the gate, which it leaves for the length of each wait until
// Leave is called. Time in line at the gate, after a wait too, is queue. The
// error is the gate's, or the cause of ctx if that ends first. A request whose ctx ends in
// line after a wait goes on without the gate, since it is to end at once.
func (m *Meter) Enter(ctx context.Context, gate Gate) error {
	if !gate.TryEnter() {
		if err := m.Queue(func() error { return gate.Enter(ctx) }); err != nil {
			return err
		}
	}
	m.gate, m.ctx = gate, ctx
	return nil
}

// Leave leaves the gate for good.
func (m *Meter) Leave() {
	if m.gate != nil {
		m.gate.Leave()
		m.gate = nil
	}
}

func (m *Meter) enterAgain() {
	if m.gate != nil && !m.gate.TryEnter() && m.gate.Return(m.ctx) != nil {
		m.gate = nil
	}
}

// CPU returns the CPU time used so far.
func (m *Meter) CPU() time.Duration {
	if m.computing() {
		m.readClock()
	}
	return m.cpu
}

func (m *Meter) computing() bool { return !m.stopped && m.waiting.IsZero() }

// brief is the longest stretch of a compute section for which the clock is not
// read at its end. A thread that loses its processor is usually away for
// longer, so the stretch was CPU time; where it was not, the error is small
// next to the milliseconds that the lab is about.
const brief = 50 * time.Microsecond

// settle brings cpu up to now at the least cost.
func (m *Meter) settle(now time.Time) {
	if stretch := now.Sub(m.read); stretch < brief {
		m.cpu += stretch
		m.clock += stretch
		m.read = now
		return
	}
	m.readClock()
}

func (m *Meter) readClock() {
	clock := threadClock()
	m.cpu += clock - m.clock
	m.clock, m.read = clock, time.Now()
}

// Wait runs fn as a wait section named what, and returns what fn returns.
// Its whole length is wait. A section that fn opens belongs to this one.
func (m *Meter) Wait(what string, fn func() error) error {
	return m.waitUpTo(what, time.Duration(1<<63-1), fn)
}

// Sleep waits for d or until ctx is done, whose cause it then returns.
// At most d of the time is wait: the lateness of the wake-up is queue.
func (m *Meter) Sleep(ctx context.Context, d time.Duration) error {
	if d <= 0 {
		return context.Cause(ctx)
	}
	return m.waitUpTo("timer", d, func() error {
		done := doneWithin(ctx, d)
		timer := time.NewTimer(d)
		defer timer.Stop()
		select {
		case <-timer.C:
			return nil
		case <-done:
			return context.Cause(ctx)
		}
	})
}

// doneWithin is ctx.Done, or what a context that keeps its own timers until
// they are needed offers in its place.
func doneWithin(ctx context.Context, d time.Duration) <-chan struct{} {
	if lazy, ok := ctx.(interface {
		DoneWithin(time.Duration) <-chan struct{}
	}); ok {
		return lazy.DoneWithin(d)
	}
	return ctx.Done()
}

// Block sleeps for d without heeding anything, as a synchronous sleep does.
// At most d of the time is wait.
func (m *Meter) Block(d time.Duration) error {
	return m.waitUpTo("timer", d, func() error { time.Sleep(d); return nil })
}

// Queue runs fn, which waits for a slot, a lock or a connection of a pool,
// without holding the thread. Its length is queue.
func (m *Meter) Queue(fn func() error) error {
	return m.waitUpTo("", 0, fn)
}

func (m *Meter) waitUpTo(what string, limit time.Duration, fn func() error) error {
	if m.stopped {
		return ErrStopped
	}
	if !m.waiting.IsZero() {
		return fn()
	}
	m.endCompute()
	if m.gate != nil {
		m.gate.Leave()
	}
	m.waiting, m.maxWait = time.Now(), limit
	// Deferred, so that a handler that panics while it waits is still measured rightly.
	defer func() {
		waited := m.waited(time.Now())
		m.wait += waited
		m.waiting = time.Time{}
		if m.observer != nil && what != "" {
			m.observer(what, waited)
		}
		m.enterAgain()
		m.beginCompute()
	}()
	return fn()
}

// NotWaited takes d of what counted as wait so far, at most all of it: it was
// queue.
func (m *Meter) NotWaited(d time.Duration) { m.wait -= min(max(0, d), m.wait) }

// waited is how much of the open wait section has been wait so far.
func (m *Meter) waited(now time.Time) time.Duration {
	if m.waiting.IsZero() {
		return 0
	}
	return min(now.Sub(m.waiting), m.maxWait)
}

// Read returns the split up to now. It may be called inside a wait section too,
// as when a proxy writes the header of the reply that it waits for.
func (m *Meter) Read() Split {
	now := time.Now()
	if m.computing() {
		m.settle(now)
	}
	split := Split{
		CPU: m.cpu, Wait: m.wait + m.waited(now), Wall: m.entry + now.Sub(m.start),
		Entry: m.entry, EntryKnown: m.received,
	}
	// The two clocks are read one after the other and have grains of their own,
	// so a request that never queued can come out some nanoseconds below its entry.
	if split.Queue = split.Wall - split.CPU - split.Wait; split.Queue < split.Entry {
		split.Queue, split.Wall = split.Entry, split.CPU+split.Wait+split.Entry
	}
	return split
}

// Stop ends the measurement, releases the thread and returns the whole split.
func (m *Meter) Stop() Split {
	split := m.Read()
	if !m.stopped {
		runtime.UnlockOSThread()
		m.stopped = true
	}
	return split
}

func (m *Meter) beginCompute() {
	runtime.LockOSThread()
	m.clock, m.read = threadClock(), time.Now()
}

func (m *Meter) endCompute() {
	m.settle(time.Now())
	runtime.UnlockOSThread()
}
