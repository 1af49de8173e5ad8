package lab

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"strings"

	"loadlab/experiments/cli"
	"loadlab/internal/app"
)

// command is a command of the lab.
type command struct {
	name      string // empty for the lab itself
	arguments string // as --help names them; empty if there are none
	help      string
	run       func(context.Context, Environment, []string) int
}

// commands returns all of them in the order of --help.
func commands() []command {
	all := []command{{"", "", "starts everything and prints the addresses to open", withExitCode(start)}}
	for _, v := range cli.Verbs() {
		all = append(all, command{v.Name, v.Arguments, v.Help, experiment})
	}
	return append(all,
		command{"restart", "NAME...", "restarts services of the lab that runs here, one after the other", withExitCode(restart)},
		command{"serve", "NAME...", "runs the named services in one process", serve},
		command{"runtime", "NAME", "runs the tutorial's server on one runtime: " + strings.Join(runtimeNames(), ", "), runRuntime},
		command{"load", "", "runs the load generator alone; takes the arguments of loadgen", load},
		command{"doctor", "", "checks this machine for problems", withExitCode(runDoctor)},
	)
}

// start runs the lab itself, or prints the help or the version.
func start(ctx context.Context, with Environment, args []string) error {
	o, flags, err := parseOptions(args)
	switch {
	case errors.Is(err, flag.ErrHelp):
		help(with.Stdout, commands(), flags)
		return nil
	case err != nil:
		return err
	case o.version:
		fmt.Fprintln(with.Stdout, app.Version())
		return nil
	}
	return runLab(ctx, with, o)
}

// withExitCode prints the error of run and turns it into an exit code.
func withExitCode(run func(context.Context, Environment, []string) error) func(context.Context, Environment, []string) int {
	return func(ctx context.Context, with Environment, args []string) int {
		return exitCode(with.Stderr, run(ctx, with, args))
	}
}

func unknownCommand(name string) error {
	var known []string
	for _, c := range commands() {
		if c.name != "" {
			known = append(known, c.name)
		}
	}
	return &usageError{fmt.Sprintf("unknown command %q; allowed are %s, or none to start the lab", name, strings.Join(known, ", "))}
}
