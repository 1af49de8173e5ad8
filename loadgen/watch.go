package loadgen

// Watch returns a channel with every snapshot from now on. A watcher that does
// not keep up misses some. cancel ends the watch.
func (e *Engine) Watch() (snapshots <-chan Snapshot, cancel func()) {
	ch := make(chan Snapshot, 4)
	e.ctl.watching.Lock()
	e.ctl.watchers[ch] = struct{}{}
	e.ctl.watching.Unlock()
	return ch, func() {
		e.ctl.watching.Lock()
		delete(e.ctl.watchers, ch)
		e.ctl.watching.Unlock()
	}
}

func (c *controls) publish(s Snapshot) {
	c.watching.Lock()
	defer c.watching.Unlock()
	for ch := range c.watchers {
		select {
		case ch <- s:
		default:
		}
	}
}
