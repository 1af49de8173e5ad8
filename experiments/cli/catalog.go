package cli

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"

	"loadlab/experiments/catalog"
	"loadlab/experiments/definition"
	"loadlab/internal/exitcode"
)

// find reads a file when name looks like one.
func find(name string) (*definition.Definition, error) {
	if !strings.HasSuffix(name, ".yaml") {
		return catalog.Find(name)
	}
	data, err := os.ReadFile(name)
	if err != nil {
		return nil, fmt.Errorf("read experiment: %w", err)
	}
	return definition.Parse(name, data)
}

func (c Command) list(_ context.Context, args []string) int {
	if len(args) > 0 {
		return c.wrong(errors.New("list takes no arguments"))
	}
	all, err := catalog.List()
	if err != nil {
		return c.fail(exitcode.Error, err)
	}
	for _, d := range all {
		fmt.Fprintf(c.Stdout, "%-22s %s\n", d.Name, d.Question)
	}
	return exitcode.Pass
}

func (c Command) explain(_ context.Context, args []string) int {
	if len(args) != 1 {
		return c.wrong(errors.New("explain takes the name of one experiment or its file"))
	}
	d, err := find(args[0])
	if err != nil {
		return c.wrong(err)
	}
	fmt.Fprint(c.Stdout, d.Explain())
	return exitcode.Pass
}
