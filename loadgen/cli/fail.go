package cli

import (
	"errors"
	"fmt"
	"strings"

	"loadlab/internal/env"
	"loadlab/internal/exitcode"
)

// fail prints err and returns its exit code.
func (c Command) fail(err error) int {
	var configuration *env.Error
	if err == nil {
		return exitcode.Pass
	}
	for _, message := range messages(err) {
		fmt.Fprintln(c.Stderr, "loadgen:", message)
	}
	if errors.As(err, &configuration) {
		return exitcode.Usage
	}
	return exitcode.Error
}

// messages are the lines that say what is wrong.
func messages(err error) []string {
	var configuration *env.Error
	if !errors.As(err, &configuration) {
		return strings.Split(err.Error(), "\n")
	}
	var all []string
	for _, p := range configuration.Problems {
		all = append(all, p.String())
	}
	return all
}
