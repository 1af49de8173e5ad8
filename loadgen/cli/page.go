package cli

import (
	"context"
	"errors"
	"net/http"

	"github.com/prometheus/client_golang/prometheus"

	"loadlab/internal/env"
)

// Page is what the console's address serves on every path that the metrics and
// the control API do not have.
type Page interface {
	// Variables is the struct that is filled from the environment before Open is called.
	Variables() any
	// Open makes the page. It reaches the run by its control API: here, and from
	// other processes of this machine at the base URL. It may keep files in the
	// folder of reports, which is empty if there is none. The metrics, which may be
	// nil, stand beside those of the run; end stops what the page has started.
	Open(control http.Handler, base, reports string) (page http.Handler, metrics prometheus.Collector, end func(), err error)
}

// Experiments runs a command line whose first word is run, list, explain, max
// or compare, and returns the exit code.
type Experiments func(ctx context.Context, args []string) int

// configure fills the page's variables, and returns what is wrong with them.
func configure(page Page, getenv env.Getenv) []env.Problem {
	if page == nil {
		return nil
	}
	var wrong *env.Error
	if err := env.Parse(getenv, page.Variables()); errors.As(err, &wrong) {
		return wrong.Problems
	}
	return nil
}
