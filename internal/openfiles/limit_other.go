//go:build !unix

// Package openfiles knows how many files a process may have open.
package openfiles

// Limit is not known here.
func Limit() (files uint64, known bool) { return 0, false }
