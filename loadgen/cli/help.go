package cli

import (
	"fmt"
	"io"

	"loadlab/internal/env"
	"loadlab/internal/exitcode"
)

const usage = `loadgen offers load to HTTP servers and measures what became of every request.

  loadgen [--flag value]...         run until the plan ends, or a signal
  loadgen report a.json b.json ...  merge the reports of several generators
  loadgen report --compare a.json b.json
  loadgen compare [--tolerance 5%] [--error-tolerance 0.1%] baseline.json now.json
                                    judge whether a run is worse than its baseline
  loadgen check scenario.yaml ...   name every fault of scenario files
  loadgen check --schema            print their JSON Schema
  loadgen --healthcheck             ask the generator of the same environment if it is alive
  loadgen --version

A signal ends the plan, waits for requests in flight, then reports; a second one
does not wait.

Every variable is a flag too: LOADGEN_RATE is --rate. A flag outranks the
environment, that a scenario file, that the default. Experiments are commands
of the console and of the lab.

`

func writeHelp(w io.Writer) error {
	vars, err := declared()
	if err != nil {
		return err
	}
	fmt.Fprint(w, usage)
	env.WriteHelp(w, vars)
	fmt.Fprintln(w)
	exitcode.WriteHelp(w)
	return nil
}
