package loadgen

import "sync/atomic"

// A change is what can be done to a run from outside.
type change int

const (
	patched change = iota
	paused
	resumed
	stopped
)

// changeNames are the values of the label action, in the order of the constants.
var changeNames = [...]string{"patch", "pause", "resume", "stop"}

// changes counts the changes that took effect, by their kind.
type changes [len(changeNames)]atomic.Uint64

func (c *changes) count(kind change) { c[kind].Add(1) }
