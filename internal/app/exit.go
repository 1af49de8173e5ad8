package app

import (
	"errors"
	"fmt"
	"io"

	"loadlab/internal/env"
	"loadlab/internal/exitcode"
)

// exitCode prints err and returns its exit code: an unusable configuration has its own.
func exitCode(stderr io.Writer, err error) int {
	var wrong *env.Error
	switch {
	case err == nil:
		return exitcode.Pass
	case errors.As(err, &wrong):
		fmt.Fprintln(stderr, err)
		return exitcode.Usage
	}
	fmt.Fprintln(stderr, err)
	return exitcode.Error
}
