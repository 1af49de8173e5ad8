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
	// Open makes the page.
	Open(Run) (Opened, error)
}

// Run is what a page reaches of the run.
type Run struct {
	Control http.Handler // the control API
	Base    string       // its base URL, for other processes of this machine
	Reports string       // folder of reports; empty for none
}

// Opened is a page that can be served.
type Opened struct {
	Handler http.Handler
	Metrics prometheus.Collector // beside those of the run; nil if there are none
	Close   func()               // ends what the page has started
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
