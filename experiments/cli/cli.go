// Package cli is the command line of experiments.
package cli

import (
	"context"
	"fmt"
	"io"
	"os"

	"golang.org/x/term"

	"loadlab/experiments/definition"
	"loadlab/internal/env"
	"loadlab/internal/exitcode"
	"loadlab/internal/supervise"
)

// Launch starts processes, calls use with their addresses added to where, and
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
	// Colours says that Stdout is a terminal whose user wants colours.
	Colours bool
	// Launch starts the services that the environment has no address of. Without
	// it they are expected at the addresses of cmd/lab.
	Launch Launch
}

// Main returns what runs a command line of a program that starts no services. As
// the child of a runner it ends with its parent.
func Main(program string, getenv env.Getenv, stdin io.Reader, stdout, stderr *os.File) func(ctx context.Context, args []string) int {
	return func(ctx context.Context, args []string) int {
		ctx, cancel := supervise.Lifeline(ctx, getenv, stdin, func() { os.Exit(exitcode.Error) })
		defer cancel()
		return Command{
			Program: program, Args: args, Getenv: getenv, Stdout: stdout, Stderr: stderr,
			Terminal: term.IsTerminal(int(stderr.Fd())), Colours: Colours(getenv, stdout),
		}.Run(ctx)
	}
}

// Colours reports whether out is a terminal, and NO_COLOR is not set.
func Colours(getenv env.Getenv, out io.Writer) bool {
	file, isFile := out.(*os.File)
	return isFile && getenv("NO_COLOR") == "" && term.IsTerminal(int(file.Fd()))
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
