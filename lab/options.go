package lab

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"strings"

	"loadlab/internal/env"
	"loadlab/internal/exitcode"
)

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
