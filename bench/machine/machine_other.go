//go:build !linux

package machine

import (
	"errors"
	"runtime"
	"time"
)

// PeakMemory is 0: it cannot be read here.
func PeakMemory(int) int64 { return 0 }

// ResidentMemory is 0: it cannot be read here.
func ResidentMemory(int) int64 { return 0 }

// CPUTime is an error: the CPU time of another process cannot be read here.
func CPUTime(int) (time.Duration, error) {
	return 0, errors.New("the CPU time of another process can be read on Linux alone")
}

// Description says on what figures are taken.
func Description() []string { return []string{runtime.GOOS + "/" + runtime.GOARCH} }
