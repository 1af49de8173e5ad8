// Package cli is the command line of experiments.
package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"golang.org/x/term"

	"loadlab/experiments/catalog"
	"loadlab/experiments/definition"
	"loadlab/internal/env"
	"loadlab/internal/exitcode"
	"loadlab/internal/supervise"
)

// Launch starts processes, calls use with where with their addresses in it, and
// stops them. The context of use ends early when one of them does; the error
// then says which.
type Launch func(ctx context.Context, processes []definition.Process, where definition.Env, use func(context.Context, definition.Env) error) error

// Command is one call of the command line.
type Command struct {
	Program        string   // by which the user called it, such as "lab"
	Args           []string // one of Verbs with its arguments
	Getenv         env.Getenv
	Stdout, Stderr io.Writer
	// Terminal says that Stderr is one, so that progress may overwrite itself.
	Terminal bool
	// Launch starts the services that the environment has no address of. Without
	// it they are expected at the addresses of cmd/lab.
	Launch Launch
}

// Main returns what runs a command line of a program that starts no services. As
// the child of a desk it ends with its parent.
func Main(program string, getenv env.Getenv, stdin io.Reader, stdout, stderr *os.File) func(ctx context.Context, args []string) int {
	return func(ctx context.Context, args []string) int {
		ctx, cancel := supervise.Lifeline(ctx, getenv, stdin, func() { os.Exit(exitcode.Error) })
		defer cancel()
		return Command{Program: program, Args: args, Getenv: getenv, Stdout: stdout, Stderr: stderr, Terminal: term.IsTerminal(int(stderr.Fd()))}.Run(ctx)
	}
}

// Run executes one of Verbs and returns its exit code. Of several experiments it
// is the highest.
func (c Command) Run(ctx context.Context) int {
	if len(c.Args) == 0 {
		return c.wrong(fmt.Errorf("say one of %s", names()))
	}
	for _, v := range Verbs() {
		if v.Name == c.Args[0] {
			return v.run(c, ctx, c.Args[1:])
		}
	}
	return c.wrong(fmt.Errorf("%q is not one of %s", c.Args[0], names()))
}

func (c Command) fail(code int, err error) int {
	fmt.Fprintln(c.Stderr, err)
	return code
}

func (c Command) wrong(err error) int { return c.fail(exitcode.Usage, err) }

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
