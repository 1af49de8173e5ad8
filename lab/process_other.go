//go:build !unix

package lab

// fileLimit is not known here.
func fileLimit() (uint64, bool) { return 0, false }

// freeDisk is not known here.
func freeDisk(string) (uint64, bool) { return 0, false }
