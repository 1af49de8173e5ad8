//go:build !darwin && !dragonfly && !freebsd && !linux && !openbsd

package workmeter

import "time"

// ClockName says what CPU time is measured by.
const ClockName = "wall"

var epoch = time.Now()

// threadClock uses the wall clock instead: see the limits in the package's doc.
func threadClock() time.Duration { return time.Since(epoch) }
