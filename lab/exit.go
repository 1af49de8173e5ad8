package lab

import (
	"errors"
	"flag"
	"fmt"
	"io"

	"loadlab/internal/env"
	"loadlab/internal/exitcode"
	"loadlab/internal/supervise"
)

func exitCode(stderr io.Writer, err error) int {
	var (
		wrong *env.Error
		usage *usageError
		fatal *supervise.FatalError
	)
	switch {
	case err == nil, errors.Is(err, flag.ErrHelp):
		return exitcode.Pass
	case errors.Is(err, errUnhealthy):
		return exitcode.Error
	}
	fmt.Fprintln(stderr, err)
	if errors.As(err, &wrong) || errors.As(err, &usage) || errors.As(err, &fatal) {
		return exitcode.Usage
	}
	return exitcode.Error
}
