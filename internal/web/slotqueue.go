package web

import (
	"context"
	"errors"
	"net/http"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"loadlab/internal/web/problem"
)

// QueueBounds bound the queue for compute slots while it is overloaded.
type QueueBounds struct {
	Target time.Duration // longest wait of a request under overload; 0 if it is not bounded
	Burst  int           // requests that may wait without being an overload
}

// slotQueue finds out whether the queue for compute slots is overloaded. If so, it
// refuses the requests that have waited for the target. Otherwise a request may
// wait for its whole time budget: a batch is served whole, and so are the clients
// of a closed loop, who would send a refused request again.
//
// An overload begins when more than the burst wait, or when the queue grows
// without end: see grows. It is over when for the length of the target none was
// refused and no more than the burst waited. What comes after the queue has ended
// waits for the target before this matters, so nothing is remembered of that queue.
type slotQueue struct {
	bounds  QueueBounds
	waiting atomic.Int64

	mu         sync.Mutex
	total      flow
	overdue    map[*waiter]struct{} // that have waited for the target, and may be refused
	overloaded bool
	strained   time.Time // under overload: when a request was last refused, or more than the burst waited
}

// flow counts the requests that came to the queue and those that got a slot from it.
type flow struct{ came, served int }

// A waiter is a request in the queue.
type waiter struct {
	refuse context.CancelCauseFunc // nil if it must not be refused
	timer  *time.Timer             // for half of the target, twice
	first  flow                    // of the queue when it came
	half   *flow                   // of the queue when it had waited for half of the target, nil before
	gone   bool
}

// errQueueTimeout is of a request that waited for the target under overload.
var errQueueTimeout = errors.New("the queue for compute slots is overloaded")

// refusal is what the client of such a request is answered.
func (b QueueBounds) refusal() error {
	return problem.Shed(http.StatusServiceUnavailable,
		"the service is overloaded: the request waited for a compute slot for "+seconds(b.Target)+", the longest wait under overload", b.Target)
}

// join adds w to the queue.
func (q *slotQueue) join(w *waiter) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.settle()
	q.total.came++
	if int(q.waiting.Add(1)) > q.bounds.Burst {
		q.overload()
	}
	if w.refuse != nil {
		w.first = q.total
		w.timer = time.AfterFunc(q.bounds.Target/2, func() { q.tick(w) })
	}
}

// tick is called when w has waited for half of the target and for all of it.
func (q *slotQueue) tick(w *waiter) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if w.gone {
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
		w.refuse(errQueueTimeout)
	}
	clear(q.overdue)
}

// settle ends an overload that is over. It is called before the queue changes.
func (q *slotQueue) settle() {
	if !q.overloaded {
		return
	}
	if int(q.waiting.Load()) > q.bounds.Burst {
		q.strained = time.Now()
	}
	q.overloaded = time.Since(q.strained) < q.bounds.Target
}

// leave removes w from the queue. It was served, refused, or gave up.
func (q *slotQueue) leave(w *waiter, served bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.settle()
	w.gone = true
	if w.timer != nil {
		w.timer.Stop()
	}
	delete(q.overdue, w)
	if served {
		q.total.served++
	}
	q.waiting.Add(-1)
}

// overloadedNow is 1 under overload and 0 otherwise.
func (q *slotQueue) overloadedNow() float64 {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.settle()
	if q.overloaded {
		return 1
	}
	return 0
}

func seconds(d time.Duration) string {
	return strconv.FormatFloat(d.Seconds(), 'g', -1, 64) + " s"
}
