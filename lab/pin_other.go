//go:build !linux

package lab

// pin does nothing: only Linux lets a program choose its core.
func pin(int) error { return nil }
