package cli

import (
	"context"
	"errors"
	"net/http"

	"loadlab/internal/env"
)

// Page is what the console's address serves on every path that the metrics and
// the control API do not have.
type Page interface {
	// Variables is the struct that is filled from the environment before Handler is called.
	Variables() any
	// Handler makes the page, which reaches the run by its control API.
	Handler(control http.Handler) (http.Handler, error)
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
