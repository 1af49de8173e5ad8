// Package cli is the console as a command.
package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"

	experiments "loadlab/experiments/cli"
	"loadlab/internal/app"
	"loadlab/internal/env"

	"loadlab/console"
)

// Command is the console with what surrounds it.
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
		os.Exit(app.ExitFailed)
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
	case slices.Contains(experiments.Verbs(), word):
		return c.Experiments(ctx, c.Args)
	case len(c.Args) > 1:
		return c.exitCode(unknown(c.Args[1]))
	case word == "--help" || word == "-h" || word == "-help" || word == "help":
		return c.exitCode(writeHelp(c.Stdout))
	case word == "--healthcheck" || word == "-healthcheck":
		return c.exitCode(c.healthcheck(ctx))
	case word == "--version" || word == "-version" || word == "version":
		fmt.Fprintln(c.Stdout, app.Version())
		return app.ExitPass
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
		return app.ExitPass
	case errors.As(err, &configuration):
		for _, p := range configuration.Problems {
			fmt.Fprintln(c.Stderr, "console:", p)
		}
		return app.ExitConfiguration
	}
	fmt.Fprintln(c.Stderr, "console:", err)
	return app.ExitFailed
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
  console list               names the experiments
  console explain NAME       says what one of them asks, and what to expect
  console run NAME...        runs experiments; their services are found by IOBOUND_URL with
                             IOBOUND_ADMIN_URL, and so on, by default where cmd/lab has them
  console compare A B        puts two results of an experiment side by side
  console max TARGET         finds the highest rate at which a service keeps its objectives
  console --healthcheck      asks the console of the same environment if it is alive
  console --version

Exit codes: 0 pass, 1 could not run, 2 bad configuration; of an experiment also
3 does not hold or not significant, 4 measurement invalid.

Environment variables; an address that is empty means that there is no such server:
`

func writeHelp(w io.Writer) error {
	vars, err := env.Vars(&console.Environment{})
	if err != nil {
		return fmt.Errorf("declare variables: %w", err)
	}
	fmt.Fprint(w, usage)
	env.WriteHelp(w, vars)
	return nil
}
