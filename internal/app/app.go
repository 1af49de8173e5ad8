// Package app runs services from their start to their end.
//
// The life of a process:
//
//	configure -> build -> listen -> serve -> (signal or first error)
//	  -> not ready -> drain -> stop background work -> close in reverse -> flush telemetry
//
// Any configuration error, including a port in use, ends the process at once with
// exit code 2 and one line that names the variable.
package app

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"runtime/debug"
	"syscall"

	"loadlab/internal/env"
	"loadlab/internal/exitcode"
	"loadlab/internal/telemetry"
	"loadlab/internal/web"
)

// Builder makes one service.
type Builder struct {
	Name string // in traces, metrics and the gateway's routes
	Port int    // default port on loopback; the admin port is 1000 higher
	// Vars returns pointers to the service's own configuration, for --help.
	Vars func() []any
	// Build is the one place where a service opens things. Configuration that
	// cannot be used is an *env.Error.
	Build func(ctx context.Context, p Params) (*Service, error)
}

// Params is what a builder is given.
type Params struct {
	Getenv    env.Getenv
	Telemetry *telemetry.Telemetry
	Web       web.Config
	// Loop is the process's one event loop, for blocking=true.
	Loop *web.EventLoop
	// Address is the traffic listener's, for a service that calls itself.
	Address string
}

// Service is what a builder returns.
type Service struct {
	Server     *web.Server
	Ready      web.ReadyFunc                 // nil if it is always ready
	Background []func(context.Context) error // ends when its context is done
	Close      func() error                  // nil if nothing is open
}

// Instance is a service to run, with the environment that it sees.
type Instance struct {
	Builder Builder
	Getenv  env.Getenv
	Environ []string // all of the process's environment, for what Getenv is never asked for
}

// Main runs one service as a program and exits.
func Main(b Builder) {
	ctx, stop := SignalContext(context.Background())
	code := Run(ctx, os.Args[1:], os.Stdout, os.Stderr, Instance{Builder: b, Getenv: os.Getenv, Environ: os.Environ()})
	stop()
	os.Exit(code)
}

// SignalContext returns a context that the first SIGINT or SIGTERM ends. A
// second one ends the process at once.
func SignalContext(parent context.Context) (context.Context, context.CancelFunc) {
	ctx, stop := signal.NotifyContext(parent, os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // gives the signals their default effect back
	return ctx, stop
}

// gcPercent lets the heap of a service, which is a few MiB, grow to five times
// its live size before it is collected: a tenth of the CPU time of a small
// request for some 10 MiB. The variable GOGC overrides it.
const gcPercent = 400

// Run serves instances until ctx ends, all in this process, and returns the exit code.
func Run(ctx context.Context, args []string, stdout, stderr io.Writer, instances ...Instance) int {
	flags := flag.NewFlagSet("loadlab", flag.ContinueOnError)
	flags.SetOutput(stderr)
	version := flags.Bool("version", false, "print the version and exit")
	check := flags.Bool("healthcheck", false, "ask the running service for its readiness and exit with 0 or 1")
	flags.Usage = func() {} // a wrong flag is answered with one line
	switch err := flags.Parse(args); {
	case errors.Is(err, flag.ErrHelp):
		usage(stdout, flags, instances)
		return exitcode.Pass
	case err != nil:
		return exitcode.Usage
	case flags.NArg() > 0:
		fmt.Fprintf(stderr, "unknown argument %q; only flags and environment variables are read\n", flags.Arg(0))
		return exitcode.Usage
	case *version:
		fmt.Fprintln(stdout, Version())
		return exitcode.Pass
	case *check:
		return healthcheck(ctx, stderr, instances)
	}
	if len(instances) > 0 && instances[0].Getenv("GOGC") == "" {
		debug.SetGCPercent(gcPercent)
	}
	return exitCode(stderr, serve(ctx, stdout, instances))
}

func usage(w io.Writer, flags *flag.FlagSet, instances []Instance) {
	fmt.Fprintln(w, "Flags:")
	flags.SetOutput(w)
	flags.PrintDefaults()
	for _, instance := range instances {
		fmt.Fprintf(w, "\nEnvironment variables of %s:\n", instance.Builder.Name)
		vars, err := env.Vars(Variables(instance.Builder)...)
		if err != nil {
			fmt.Fprintln(w, err)
			continue
		}
		env.WriteHelp(w, vars)
	}
	fmt.Fprintln(w)
	exitcode.WriteHelp(w)
}
