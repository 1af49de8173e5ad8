package web

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"strconv"
	"time"

	"github.com/labstack/echo/v4"

	"loadlab/internal/web/problem"
)

// toProblem is the one place where errors become statuses.
func toProblem(ctx context.Context, err error) *problem.Problem {
	var known *problem.Problem
	var framework *echo.HTTPError
	switch {
	case errors.As(err, &known):
		return problem.Of(err)
	case errors.Is(ctx.Err(), context.Canceled) && (errors.Is(err, context.Canceled) || errors.Is(err, http.ErrAbortHandler)):
		return problem.New(problem.StatusClientClosed, "").Because(err)
	case errors.Is(err, context.DeadlineExceeded):
		return problem.New(http.StatusGatewayTimeout, "the request took longer than its time budget").Because(err)
	case errors.As(err, &framework):
		return frameworkProblem(framework)
	}
	return problem.Of(err)
}

func frameworkProblem(err *echo.HTTPError) *problem.Problem {
	switch err.Code {
	case http.StatusNotFound:
		return problem.New(err.Code, "no such route; GET / lists the routes")
	case http.StatusMethodNotAllowed:
		return problem.New(err.Code, "the route does not take this method; the Allow header names those it takes")
	}
	return problem.New(err.Code, "").Because(err.Internal)
}

// writeProblem sends p unless a reply has begun or the client has left.
func writeProblem(c echo.Context, p *problem.Problem) error {
	response := c.Response()
	if response.Committed {
		return nil
	}
	if p.Status == problem.StatusClientClosed {
		response.Status = problem.StatusClientClosed
		return nil
	}
	if p.RetryAfter > 0 {
		seconds := max(1, int((p.RetryAfter+time.Second-1)/time.Second))
		response.Header().Set("Retry-After", strconv.Itoa(seconds))
	}
	body, err := json.Marshal(p)
	if err != nil {
		return err
	}
	return c.Blob(p.Status, "application/problem+json", body)
}
