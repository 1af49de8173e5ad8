package lab

import (
	"fmt"

	"golang.org/x/sys/unix"
)

// pin keeps this thread on the core-th of the cores that it may use, counted
// from 0 and again from the first after the last.
func pin(core int) error {
	var allowed, one unix.CPUSet
	if err := unix.SchedGetaffinity(0, &allowed); err != nil {
		return fmt.Errorf("read the cores of this process: %w", err)
	}
	left := core % allowed.Count()
	for number := 0; ; number++ {
		if !allowed.IsSet(number) {
			continue
		}
		if left == 0 {
			one.Set(number)
			break
		}
		left--
	}
	if err := unix.SchedSetaffinity(0, &one); err != nil {
		return fmt.Errorf("keep this process on one core: %w", err)
	}
	return nil
}
