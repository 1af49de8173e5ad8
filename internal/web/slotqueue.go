package web

import (
	"container/list"
	"context"
	"errors"
	"net/http"
	"strconv"
	"sync"
	"time"

	"loadlab/internal/web/problem"
)

// QueueBounds bound the queue for compute slots while it is overloaded.
type QueueBounds struct {
	Target time.Duration // longest wait of a request under overload; 0 if it is not bounded
	Burst  int           // requests that may wait without being an overload
}

// slotQueue hands out compute slots first come first served, and finds out whether
// the queue for them is overloaded. If so, it refuses the requests that have waited
// for the target. Otherwise a request may wait for its whole time budget: a batch is
// served whole, and so are the clients of a closed loop, who would send a refused
// request again.
//
// An overload begins when more than the burst wait, or when the queue grows
// without end: see grows. It is over when for the length of the target none was
// refused and no more than the burst waited. What comes after the queue has ended
// waits for the target before this matters, so nothing is remembered of that queue.
type slotQueue struct {
	bounds QueueBounds

	mu         sync.Mutex
	free       int
	waiting    list.List // of *waiter
	total      flow
	overdue    map[*waiter]struct{} // that have waited for the target, and may be refused
	overloaded bool
	strained   time.Time // under overload: when a request was last refused, or more than the burst waited
}

// flow counts the requests that came to the queue and those that got a slot from it.
type flow struct{ came, served int }

// A waiter is a request in the queue.
type waiter struct {
	place   *list.Element // nil when it has left the queue
	decided chan error    // one value: nil for a slot, or errQueueTimeout
	timer   *time.Timer   // for half of the target, twice; nil if it must not be refused
	first   flow          // of the queue when it came
	half    *flow         // of the queue when it had waited for half of the target, nil before
}

// errQueueTimeout is returned to a request that has waited for the target under overload.
var errQueueTimeout = errors.New("the queue for compute slots is overloaded")

// refusal is the reply to such a request.
func (b QueueBounds) refusal() error {
	return problem.Shed(http.StatusServiceUnavailable,
		"the service is overloaded: the request waited for a compute slot for "+seconds(b.Target)+", the longest wait under overload", b.Target)
}

// take takes a slot if one is free. While one is free no request waits.
func (q *slotQueue) take() bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.free == 0 {
		return false
	}
	q.free--
	return true
}

// give gives a slot back, and reports whether a request was waiting for it.
func (q *slotQueue) give() bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.settle()
	q.free++
	return q.serve()
}

// wait waits for a slot. The error is the context's cause if ctx ends first, or
// errQueueTimeout if the request may be refused and has been.
func (q *slotQueue) wait(ctx context.Context, refusable bool) error {
	w := q.join(refusable)
	select {
	case err := <-w.decided:
		return err
	case <-ctx.Done():
		if q.giveUp(w) {
			return context.Cause(ctx)
		}
		return <-w.decided
	}
}

func (q *slotQueue) join(refusable bool) *waiter {
	w := &waiter{decided: make(chan error, 1)}
	q.mu.Lock()
	defer q.mu.Unlock()
	q.settle()
	q.total.came++
	w.first, w.place = q.total, q.waiting.PushBack(w)
	if q.serve() { // a slot became free just now
		return w
	}
	if q.waiting.Len() > q.bounds.Burst {
		q.overload()
	}
	if refusable && q.bounds.Target > 0 {
		w.timer = time.AfterFunc(q.bounds.Target/2, func() { q.tick(w) })
	}
	return w
}

// giveUp removes w, and returns false if w already has a slot or a refusal.
func (q *slotQueue) giveUp(w *waiter) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	if w.place == nil {
		return false
	}
	q.settle()
	q.remove(w)
	return true
}

// tick is called when w has waited for half of the target and for all of it.
func (q *slotQueue) tick(w *waiter) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if w.place == nil {
		return
	}
	if w.half == nil {
		now := q.total
		w.half = &now
		w.timer.Reset(q.bounds.Target - q.bounds.Target/2)
		return
	}
	q.settle()
	q.overdue[w] = struct{}{}
	if q.overloaded || q.grows(w) {
		q.overload()
	}
}

// The functions below need the lock.

// serve gives the free slots to those that have waited longest. It is false if it gave none.
func (q *slotQueue) serve() (gave bool) {
	for first := q.waiting.Front(); first != nil && q.free > 0; first = q.waiting.Front() {
		w := first.Value.(*waiter)
		q.remove(w)
		q.free--
		q.total.served++
		w.decided <- nil
		gave = true
	}
	return gave
}

func (q *slotQueue) remove(w *waiter) {
	q.waiting.Remove(w.place)
	w.place = nil
	if w.timer != nil {
		w.timer.Stop()
	}
	delete(q.overdue, w)
}

// A queue grows without end if more than growth times as many requests come to it
// as get a slot. The rest is for chance where computations are so long that few do.
const (
	growth = 2
	chance = 4
)

// grows reports whether the queue grew without end while w waited for the target:
// in each half of that time, since a batch, or the clients of a closed loop that
// starts, arrive within one of them.
func (q *slotQueue) grows(w *waiter) bool {
	return w.half.exceeds(w.first) && q.total.exceeds(*w.half)
}

func (f flow) exceeds(earlier flow) bool {
	return f.came-earlier.came > growth*(f.served-earlier.served)+chance
}

// overload refuses those that have waited for the target, until the overload ends.
func (q *slotQueue) overload() {
	q.strained, q.overloaded = time.Now(), true
	for w := range q.overdue {
		q.remove(w)
		w.decided <- errQueueTimeout
	}
}

// settle ends an overload that is over. It is called before the queue changes.
func (q *slotQueue) settle() {
	if !q.overloaded {
		return
	}
	if q.waiting.Len() > q.bounds.Burst {
		q.strained = time.Now()
	}
	q.overloaded = time.Since(q.strained) < q.bounds.Target
}

// state is for metrics: how many wait, and whether that is an overload.
func (q *slotQueue) state() (waiting int, overloaded bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.settle()
	return q.waiting.Len(), q.overloaded
}

func seconds(d time.Duration) string {
	return strconv.FormatFloat(d.Seconds(), 'g', -1, 64) + " s"
}
