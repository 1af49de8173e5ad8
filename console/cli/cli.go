// Package cli is the console as a command.
package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"

	"loadlab/console"
	experiments "loadlab/experiments/cli"
	"loadlab/internal/app"
	"loadlab/internal/env"
	"loadlab/internal/exitcode"
)

// Command is the console with its arguments, environment and streams.
type Command struct {
	Args           []string // without the program's name
	Getenv         env.Getenv
	Environ        []string // of the processes that run experiments
	Executable     string   // starts them
	Stdout, Stderr io.Writer
	// Experiments runs a command line of experiments and returns the exit code.
	Experiments func(ctx context.Context, args []string) int
}

// Main runs the command as a program and exits.
func Main() {
	executable, err := os.Executable()
	if err != nil {
		fmt.Fprintln(os.Stderr, "console: find this program's own file:", err)
		os.Exit(exitcode.Error)
	}
	ctx, stop := app.SignalContext(context.Background())
	code := Command{
		Args: os.Args[1:], Getenv: os.Getenv, Environ: os.Environ(), Executable: executable, Stdout: os.Stdout, Stderr: os.Stderr,
		Experiments: experiments.Main("console", os.Getenv, os.Stdin, os.Stdout, os.Stderr),
	}.Run(ctx)
	stop()
	os.Exit(code)
}

// Run does what the command line says until ctx ends, and returns the exit code.
func (c Command) Run(ctx context.Context) int {
	if len(c.Args) == 0 {
		return c.exitCode(c.serve(ctx))
	}
	switch word := c.Args[0]; {
	case experiments.IsVerb(word):
		return c.Experiments(ctx, c.Args)
	case len(c.Args) > 1:
		return c.exitCode(unknown(c.Args[1]))
	case word == "--help" || word == "-h" || word == "-help" || word == "help":
		return c.exitCode(writeHelp(c.Stdout))
	case word == "--healthcheck" || word == "-healthcheck":
		return c.exitCode(c.healthcheck(ctx))
	case word == "--version" || word == "-version" || word == "version":
		fmt.Fprintln(c.Stdout, app.Version())
		return exitcode.Pass
	default:
		return c.exitCode(unknown(word))
	}
}

func unknown(word string) error {
	return &env.Error{Problems: []env.Problem{{Variable: word, Reason: "no such command or flag; see console --help"}}}
}

// exitCode prints err and returns its exit code.
func (c Command) exitCode(err error) int {
	var configuration *env.Error
	switch {
	case err == nil:
		return exitcode.Pass
	case errors.As(err, &configuration):
		for _, p := range configuration.Problems {
			fmt.Fprintln(c.Stderr, "console:", p)
		}
		return exitcode.Usage
	}
	fmt.Fprintln(c.Stderr, "console:", err)
	return exitcode.Error
}

// healthcheck asks the console that runs with the same environment whether it is alive.
func (c Command) healthcheck(ctx context.Context) error {
	var e console.Environment
	if err := env.Parse(c.Getenv, &e); err != nil {
		return err
	}
	return app.CheckURL(ctx, "http://"+app.Reachable(e.Addr)+"/livez")
}

const usage = `console serves the page from which the lab is watched and steered.

  console                    serves the page until a signal
  console --healthcheck      asks the console of the same environment if it is alive
  console --version
`

const afterVerbs = `
Experiments find their services by IOBOUND_URL with IOBOUND_ADMIN_URL, and so on,
by default where cmd/lab has them.

Environment variables; an address that is empty means that there is no such server:
`

func writeHelp(w io.Writer) error {
	vars, err := env.Vars(console.Variables()...)
	if err != nil {
		return fmt.Errorf("declare variables: %w", err)
	}
	fmt.Fprint(w, usage)
	for _, v := range experiments.Verbs() {
		fmt.Fprintf(w, "  console %-18s %s\n", v.Usage(), v.Help)
	}
	fmt.Fprint(w, afterVerbs)
	env.WriteHelp(w, vars)
	fmt.Fprintln(w)
	exitcode.WriteHelp(w)
	return nil
}
