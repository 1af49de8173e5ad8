// Package lab runs the whole of loadlab on one machine without containers.
//
// One binary starts itself once per service, so that the CPU-bound work shares
// neither scheduler nor metrics with the others; the process that the user
// started supervises the rest, and holds the metrics engine with the traces.
package lab

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"loadlab/internal/app"
	"loadlab/internal/env"
	"loadlab/internal/exitcode"
	"loadlab/internal/supervise"
)

// Surroundings are what a command sees of the system.
type Surroundings struct {
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
	code := Run(ctx, Surroundings{
		Args: os.Args[1:], Getenv: os.Getenv, Environ: os.Environ(), Executable: executable,
		Stdin: os.Stdin, Stdout: os.Stdout, Stderr: os.Stderr, Exit: os.Exit,
	})
	stop()
	os.Exit(code)
}

// Run executes one command until ctx ends and returns the exit code.
func Run(ctx context.Context, with Surroundings) int {
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

func exitCode(stderr io.Writer, err error) int {
	var (
		wrong *env.Error
		usage *usageError
		fatal *supervise.FatalError
	)
	switch {
	case err == nil, errors.Is(err, flag.ErrHelp):
		return exitcode.Pass
	case errors.Is(err, errUnhealthy):
		return exitcode.Error
	}
	fmt.Fprintln(stderr, err)
	if errors.As(err, &wrong) || errors.As(err, &usage) || errors.As(err, &fatal) {
		return exitcode.Usage
	}
	return exitcode.Error
}

// options are the flags of the lab.
type options struct {
	cores    int
	noLoad   bool
	open     bool
	together []string // names of services that share one process
	data     string
	version  bool
}

// parseOptions reads the flags; help is printed to stdout.
func parseOptions(args []string, stdout io.Writer) (options, error) {
	var o options
	flags := flag.NewFlagSet("lab", flag.ContinueOnError)
	flags.SetOutput(io.Discard)
	flags.IntVar(&o.cores, "cores", 1, "cores that cpubound may use")
	flags.BoolVar(&o.noLoad, "no-load", false, "start without load")
	flags.BoolVar(&o.open, "open", false, "open the console in a browser")
	flags.StringVar(&o.data, "data", "", "folder for metrics, logs and files, kept at the end (also LAB_DATA)")
	flags.BoolVar(&o.version, "version", false, "print the version and exit")
	together := flags.String("together", "", "services that share one process, separated by commas")
	switch err := flags.Parse(args); {
	case errors.Is(err, flag.ErrHelp):
		help(stdout, flags)
		return o, err
	case err != nil:
		return o, &usageError{err.Error()}
	case flags.NArg() > 0:
		return o, &usageError{fmt.Sprintf("unknown argument %q", flags.Arg(0))}
	case o.cores < 1:
		return o, &usageError{"--cores must be at least 1"}
	}
	if *together != "" {
		o.together = strings.Split(*together, ",")
	}
	return o, unknownServices("--together", o.together)
}

func unknownServices(where string, names []string) error {
	var known []string
	for _, s := range (&Config{}).services() {
		known = append(known, s.builder.Name)
	}
	for _, name := range names {
		if !slices.Contains(known, name) {
			return &usageError{fmt.Sprintf("%s: unknown service %q; allowed are %s", where, name, strings.Join(known, ", "))}
		}
	}
	return nil
}

func help(w io.Writer, flags *flag.FlagSet) {
	fmt.Fprint(w, "lab runs the whole of loadlab without containers.\n\n")
	for _, c := range commands() {
		fmt.Fprintf(w, "  lab %-17s %s\n", strings.TrimSpace(c.name+" "+c.arguments), c.help)
	}
	fmt.Fprint(w, "\nFlags:\n")
	flags.SetOutput(w)
	flags.PrintDefaults()
	fmt.Fprint(w, "\nEnvironment variables; those of a service reach it too, except that NAME_ROUTES becomes its ROUTES:\n")
	vars, err := env.Vars(&Config{})
	if err != nil {
		fmt.Fprintln(w, err)
		return
	}
	env.WriteHelp(w, vars)
	fmt.Fprintln(w)
	exitcode.WriteHelp(w)
}
