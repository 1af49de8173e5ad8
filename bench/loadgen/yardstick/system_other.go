//go:build !linux

package yardstick

import (
	"errors"
	"runtime"
	"time"
)

func sleep(d time.Duration) { time.Sleep(d) }

// peakMemory is 0: it cannot be read here.
func peakMemory(int) int64 { return 0 }

func machine() []string { return []string{runtime.GOOS + "/" + runtime.GOARCH} }

func reference(string, time.Duration, int) ([]time.Duration, error) {
	return nil, errors.New("the reference client runs on Linux alone")
}
