package lab

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"strings"

	"loadlab/internal/decimal"
	"loadlab/internal/env"
	"loadlab/internal/exitcode"
)

// parseOptions reads the flags. The error is flag.ErrHelp if they ask for help, which flags can print.
func parseOptions(args []string) (o options, flags *flag.FlagSet, err error) {
	flags = flag.NewFlagSet("lab", flag.ContinueOnError)
	flags.SetOutput(io.Discard)
	flags.IntVar(&o.cores, "cores", 1, "cores that cpubound may use")
	flags.BoolVar(&o.noLoad, "no-load", false, "start without load")
	flags.BoolVar(&o.runtimes, "runtimes", false, "also start the tutorial's server on each runtime that this machine has")
	flags.BoolVar(&o.open, "open", false, "open the console in a browser")
	flags.StringVar(&o.data, "data", "", "folder for metrics, logs and files, kept at the end (also LAB_DATA)")
	flags.BoolVar(&o.version, "version", false, "print the version and exit")
	together := flags.String("together", "", "services that share one process, separated by commas")
	decimal.Flags(flags)
	switch err := flags.Parse(args); {
	case errors.Is(err, flag.ErrHelp):
		return o, flags, err
	case err != nil:
		return o, flags, &usageError{err.Error()}
	case flags.NArg() > 0:
		return o, flags, &usageError{fmt.Sprintf("unknown argument %q", flags.Arg(0))}
	case o.cores < 1:
		return o, flags, &usageError{"--cores must be at least 1"}
	}
	if *together != "" {
		o.together = strings.Split(*together, ",")
	}
	return o, flags, unknownServices("--together", o.together)
}

func help(w io.Writer, commands []command, flags *flag.FlagSet) {
	fmt.Fprint(w, "lab runs the whole of loadlab without containers.\n\n")
	for _, c := range commands {
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
