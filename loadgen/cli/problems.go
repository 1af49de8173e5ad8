package cli

import (
	"strings"

	"loadlab/internal/env"
)

// problems are the values that cannot be used.
type problems []env.Problem

func (p *problems) add(variable, value string, err error) {
	if err != nil {
		*p = append(*p, env.Problem{Variable: variable, Value: value, Reason: strings.ReplaceAll(err.Error(), "\n", "; ")})
	}
}
