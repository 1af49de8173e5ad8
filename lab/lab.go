// Package lab runs the whole of loadlab on one machine without containers.
//
// One binary starts itself once per service, so that the CPU-bound work shares
// neither scheduler nor metrics with the others; the process that the user
// started supervises the rest, and holds the metrics engine with the traces.
package lab

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"loadlab/internal/app"
	"loadlab/internal/env"
	"loadlab/internal/exitcode"
)

// Environment is what a command sees of the system.
type Environment struct {
	Args       []string // without the program's name
	Getenv     env.Getenv
	Environ    []string // for the children
	Stdin      io.Reader
	Stdout     io.Writer
	Stderr     io.Writer
	Executable string    // starts the children
	Exit       func(int) // ends the process at once
}

// Main runs the lab as a program and exits.
func Main() {
	executable, err := os.Executable()
	if err != nil {
		fmt.Fprintln(os.Stderr, "find this program's own file:", err)
		os.Exit(exitcode.Error)
	}
	ctx, stop := app.SignalContext(context.Background())
	code := Run(ctx, Environment{
		Args: os.Args[1:], Getenv: os.Getenv, Environ: os.Environ(), Executable: executable,
		Stdin: os.Stdin, Stdout: os.Stdout, Stderr: os.Stderr, Exit: os.Exit,
	})
	stop()
	os.Exit(code)
}

// Run executes one command until ctx ends and returns the exit code.
func Run(ctx context.Context, with Environment) int {
	name, rest := "", with.Args
	if len(rest) > 0 && !strings.HasPrefix(rest[0], "-") {
		name, rest = rest[0], rest[1:]
	}
	for _, c := range commands() {
		if c.name == name {
			return c.run(ctx, with, rest)
		}
	}
	return exitCode(with.Stderr, unknownCommand(name))
}

// usageError is an argument that cannot be used.
type usageError struct{ text string }

func (e *usageError) Error() string { return e.text }

// errUnhealthy is a doctor's finding; it has been printed already.
var errUnhealthy = errors.New("the lab cannot run here")

// options are the flags of the lab.
type options struct {
	cores    int
	noLoad   bool
	runtimes bool
	open     bool
	together []string // names of services that share one process
	data     string
	version  bool
}
