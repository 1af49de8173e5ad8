package cli

import (
	"fmt"

	"loadlab/internal/exitcode"
)

func (c Command) fail(code int, err error) int {
	fmt.Fprintln(c.Stderr, err)
	return code
}

func (c Command) wrong(err error) int { return c.fail(exitcode.Usage, err) }
