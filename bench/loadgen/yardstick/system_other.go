//go:build !linux

package yardstick

import (
	"errors"
	"time"
)

func sleep(d time.Duration) { time.Sleep(d) }

func reference(string, time.Duration, int) ([]time.Duration, error) {
	return nil, errors.New("the reference client runs on Linux alone")
}
