package loadgen

import "sync"

// watchers get every snapshot for which they have room.
type watchers struct {
	mu  sync.Mutex
	all map[chan Snapshot]struct{}
}

func (w *watchers) add(ch chan Snapshot) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.all == nil {
		w.all = map[chan Snapshot]struct{}{}
	}
	w.all[ch] = struct{}{}
}

func (w *watchers) remove(ch chan Snapshot) {
	w.mu.Lock()
	defer w.mu.Unlock()
	delete(w.all, ch)
}

func (w *watchers) publish(s Snapshot) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for ch := range w.all {
		select {
		case ch <- s:
		default:
		}
	}
}

// Watch returns a channel with every snapshot from now on. A watcher that does
// not keep up misses some. cancel ends the watch.
func (e *Engine) Watch() (snapshots <-chan Snapshot, cancel func()) {
	ch := make(chan Snapshot, 4)
	e.ctl.watchers.add(ch)
	return ch, func() { e.ctl.watchers.remove(ch) }
}
