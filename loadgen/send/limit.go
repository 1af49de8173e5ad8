package send

import (
	"sync/atomic"
	"time"
)

// limit is the time limit of each step of a request.
type limit struct{ nanoseconds atomic.Int64 }

func (l *limit) get() time.Duration { return time.Duration(l.nanoseconds.Load()) }

func (l *limit) set(d time.Duration) { l.nanoseconds.Store(int64(d)) }
