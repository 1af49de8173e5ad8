package affinity

import (
	"fmt"

	"golang.org/x/sys/unix"
)

// Cores returns the numbers of the cores that the calling thread may use, in
// ascending order.
func Cores() ([]int, error) {
	var allowed unix.CPUSet
	if err := unix.SchedGetaffinity(0, &allowed); err != nil {
		return nil, fmt.Errorf("read the cores of this thread: %w", err)
	}
	cores := make([]int, 0, allowed.Count())
	for number := 0; len(cores) < cap(cores); number++ {
		if allowed.IsSet(number) {
			cores = append(cores, number)
		}
	}
	return cores, nil
}

// Pin keeps the calling thread, with the processes that it starts from then on,
// on some cores. The goroutine must be locked to its thread.
func Pin(cores ...int) error {
	var set unix.CPUSet
	for _, number := range cores {
		set.Set(number)
	}
	if err := unix.SchedSetaffinity(0, &set); err != nil {
		return fmt.Errorf("keep this thread on the cores %v: %w", cores, err)
	}
	return nil
}
