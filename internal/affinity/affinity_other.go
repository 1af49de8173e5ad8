//go:build !linux

package affinity

import "runtime"

// Cores returns the numbers of all cores.
func Cores() ([]int, error) {
	cores := make([]int, runtime.NumCPU())
	for i := range cores {
		cores[i] = i
	}
	return cores, nil
}

// Pin does nothing: only Linux lets a program choose its cores.
func Pin(...int) error { return nil }
