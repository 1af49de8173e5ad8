package nethttp

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"

	"loadlab/internal/app"
	"loadlab/internal/env"
	"loadlab/internal/exitcode"
)

// Main runs the server as a program and exits.
func Main() {
	ctx, stop := app.SignalContext(context.Background())
	code := Command(ctx, os.Args[1:], os.Getenv, os.Stdout, os.Stderr)
	stop()
	os.Exit(code)
}

// Command serves until ctx ends, or does what a flag asks for, and returns the exit code.
func Command(ctx context.Context, args []string, getenv env.Getenv, stdout, stderr io.Writer) int {
	flags := flag.NewFlagSet(Name, flag.ContinueOnError)
	flags.SetOutput(stderr)
	version := flags.Bool("version", false, "print the version and exit")
	check := flags.Bool("healthcheck", false, "ask the running server for its metrics and exit with 0 or 1")
	flags.Usage = func() {} // a wrong flag is answered with one line
	switch err := flags.Parse(args); {
	case errors.Is(err, flag.ErrHelp):
		return exitCode(stderr, writeHelp(stdout, flags))
	case err != nil:
		return exitcode.Usage
	case flags.NArg() > 0:
		fmt.Fprintf(stderr, "unknown argument %q; only flags and environment variables are read\n", flags.Arg(0))
		return exitcode.Usage
	case *version:
		fmt.Fprintln(stdout, app.Version())
		return exitcode.Pass
	case *check:
		return exitCode(stderr, healthcheck(ctx, getenv))
	}
	return exitCode(stderr, Run(ctx, getenv, stdout))
}

func exitCode(stderr io.Writer, err error) int {
	if err == nil {
		return exitcode.Pass
	}
	fmt.Fprintln(stderr, err)
	if wrong := (*env.Error)(nil); errors.As(err, &wrong) {
		return exitcode.Usage
	}
	return exitcode.Error
}

// healthcheck asks the server that runs with the same environment for its
// metrics, since every other request is counted.
func healthcheck(ctx context.Context, getenv env.Getenv) error {
	var cfg Config
	if err := env.Parse(getenv, &cfg); err != nil {
		return err
	}
	return app.CheckURL(ctx, "http://"+app.Reachable(cfg.Listen)+"/metrics")
}

func writeHelp(w io.Writer, flags *flag.FlagSet) error {
	vars, err := env.Vars(&Config{})
	if err != nil {
		return fmt.Errorf("declare variables: %w", err)
	}
	fmt.Fprintln(w, "nethttp is the tutorial's server on Go's net/http.\n\nFlags:")
	flags.SetOutput(w)
	flags.PrintDefaults()
	fmt.Fprintln(w, "\nEnvironment variables:")
	env.WriteHelp(w, vars)
	fmt.Fprintln(w)
	exitcode.WriteHelp(w)
	return nil
}
