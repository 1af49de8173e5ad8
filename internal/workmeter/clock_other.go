//go:build !darwin && !dragonfly && !freebsd && !linux && !openbsd

package workmeter

import "time"

// ClockName says what CPU time is measured by.
const ClockName = "wall"

var epoch = time.Now()

// threadClock stands in with the wall clock: see the limits in the package's doc.
func threadClock() time.Duration { return time.Since(epoch) }
