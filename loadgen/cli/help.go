package cli

import (
	"fmt"
	"io"

	"loadlab/internal/env"
)

const usage = `loadgen offers load to HTTP servers and measures what became of every request.

  loadgen [--flag value]...         run until the plan ends, or a signal
  loadgen report a.json b.json ...  merge the reports of several generators
  loadgen report --compare a.json b.json
  loadgen list                      names the experiments
  loadgen explain NAME              says what one of them asks, and what to expect
  loadgen run NAME...               runs experiments; their services are found by IOBOUND_URL with
                                    IOBOUND_ADMIN_URL, and so on, by default where cmd/lab has them
  loadgen compare A B               puts two results of an experiment side by side
  loadgen max TARGET                finds the highest rate at which a service keeps its objectives
  loadgen --healthcheck             ask the generator of the same environment if it is alive
  loadgen --version

A signal ends the plan, waits for requests in flight, then reports; a second one
does not wait. Exit codes: 0 pass, 1 could not run, 2 bad configuration,
3 a threshold failed or no request succeeded, 4 measurement invalid.

Every variable is a flag too: LOADGEN_RATE is --rate. A flag outranks the
environment, that a scenario file, that the default.

`

func writeHelp(w io.Writer, page Page) error {
	vars, err := declared()
	if err != nil {
		return err
	}
	fmt.Fprint(w, usage)
	env.WriteHelp(w, vars)
	if page == nil {
		return nil
	}
	if vars, err = env.Vars(page.Variables()); err != nil {
		return fmt.Errorf("declare variables of the page: %w", err)
	}
	fmt.Fprint(w, "\nVariables of the page, which are no flags:\n")
	env.WriteHelp(w, vars)
	return nil
}

// WriteMarkdown prints the table of variables for the documentation.
func WriteMarkdown(w io.Writer) error {
	vars, err := declared()
	if err != nil {
		return err
	}
	env.WriteMarkdown(w, vars)
	return nil
}
