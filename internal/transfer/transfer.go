// Package transfer bounds the cost of clients that send or read slowly.
package transfer

import (
	"container/list"
	"errors"
	"sync"
	"time"
)

// Limits bound each transfer of a Pool, and their memory together. A zero is no bound.
type Limits struct {
	Timeout time.Duration // for all of a body or a reply
	MinRate int64         // in bytes per second, after the first seconds
	Memory  int64         // in bytes, of the transfers in progress
}

// grace is how long a transfer may be slower than the minimum rate at its begin.
const grace = 2 * time.Second

// ErrNoRoom is the error of a transfer that was given up because younger ones
// need its memory.
var ErrNoRoom = errors.New("the memory of transfers is used up, and this one began first")

// Pool is the transfers in one direction. One that needs more memory than there
// is ends the oldest others.
type Pool struct {
	limits Limits

	mu   sync.Mutex
	held int64     // bytes
	all  list.List // of *transfer, the oldest first
}

// NewPool returns an empty pool.
func NewPool(limits Limits) *Pool { return &Pool{limits: limits} }

// transfer is one body or reply. Its fields belong to the lock of its pool.
type transfer struct {
	pool     *Pool
	began    time.Time
	deadline func(time.Time) error // sets that of the connection
	at       *list.Element
	held     int64
	ended    bool // by the pool
}

func (p *Pool) begin(deadline func(time.Time) error) *transfer {
	t := &transfer{pool: p, began: time.Now(), deadline: deadline}
	p.mu.Lock()
	defer p.mu.Unlock()
	t.at = p.all.PushBack(t)
	return t
}

// hold takes size bytes of memory in all, from the oldest others if need be.
func (t *transfer) hold(size int64) {
	p := t.pool
	p.mu.Lock()
	defer p.mu.Unlock()
	if t.ended {
		return
	}
	p.held += size - t.held
	t.held = size
	for p.limits.Memory > 0 && p.held > p.limits.Memory {
		oldest := p.all.Front().Value.(*transfer)
		if oldest == t {
			return // it alone may have more than all: its size has a bound of its own
		}
		oldest.leave()
		oldest.ended = true
		_ = oldest.deadline(time.Unix(1, 0)) // ends the read or write in progress
	}
}

// extend allows time for the bytes up to moved. It is false if the pool has ended t.
func (t *transfer) extend(moved int64) bool {
	limits := t.pool.limits
	t.pool.mu.Lock()
	defer t.pool.mu.Unlock()
	if t.ended {
		return false
	}
	allowed := limits.Timeout
	if limits.MinRate > 0 {
		atRate := grace + time.Duration(float64(moved)/float64(limits.MinRate)*float64(time.Second))
		if allowed == 0 || atRate < allowed {
			allowed = atRate
		}
	}
	if allowed > 0 {
		_ = t.deadline(t.began.Add(allowed)) // a recorder of tests has no deadlines
	}
	return true
}

func (t *transfer) delay(d time.Duration) {
	t.pool.mu.Lock()
	defer t.pool.mu.Unlock()
	t.began = t.began.Add(d)
}

// done gives the memory back, and reports whether the pool had not ended t.
func (t *transfer) done() bool {
	t.pool.mu.Lock()
	defer t.pool.mu.Unlock()
	if t.ended {
		return false
	}
	t.leave()
	return true
}

func (t *transfer) leave() {
	t.pool.held -= t.held
	t.held = 0
	t.pool.all.Remove(t.at)
}
