// Package runtimes tests the tutorial's servers by their URLs alone, and the
// lab's own services by the same tests.
package runtimes
