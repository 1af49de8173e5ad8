package web

import (
	"context"
	"errors"
	"net/http"
	"net/url"

	"github.com/labstack/echo/v4"
	"go.uber.org/zap"

	"loadlab/internal/web/input"
	"loadlab/internal/web/semantics"
	"loadlab/internal/workmeter"
)

// Work is a route that does a piece of work: it reads its parameters from in
// and returns what to do with them. It must read every parameter it has, and
// leaves checking Err to its caller.
type Work func(in *input.Reader) Do

// Do does the work and returns its result as the caller may check it. It ends
// early, with the context's cause, when ctx is done. It runs in one of the
// process's compute slots, which it gives back for the length of each wait of m.
type Do func(ctx context.Context, m *workmeter.Meter) (result any, err error)

// WorkMethods are the methods that every work route is registered on; HEAD comes with GET.
func WorkMethods() []string {
	return []string{http.MethodGet, http.MethodPost, http.MethodPut, http.MethodDelete}
}

// Work registers a work route on every work method.
func (s *Server) Work(path string, work Work) {
	s.works[path] = work
	s.register(path, path, work, nil)
}

func (s *Server) register(path, target string, work Work, preset url.Values) {
	for _, method := range WorkMethods() {
		write := s.replyWriter(method, path)
		s.echo.Add(method, path, func(c echo.Context) error {
			in := input.New(c.Request(), preset)
			do := work(in)
			if err := in.Err(); err != nil {
				return err
			}
			if err := semantics.CheckUntagged(c.Request()); err != nil {
				return answerPrecondition(c, err)
			}
			result, err := s.compute(c, do)
			if err != nil {
				return err
			}
			return write(c, result)
		})
	}
	if path != target {
		s.log.Info("named route", zap.String("route", path), zap.String("target", target+"?"+preset.Encode()))
	}
}

func answerPrecondition(c echo.Context, err error) error {
	if errors.Is(err, semantics.ErrNotModified) {
		return c.NoContent(http.StatusNotModified)
	}
	return err
}

// compute calls do in a compute slot. Reading the parameters and writing the
// reply stay outside, so that a slow client cannot hold a slot.
func (s *Server) compute(c echo.Context, do Do) (any, error) {
	ctx, m := c.Request().Context(), Meter(c)
	if err := m.Enter(ctx, s.slots); err != nil {
		if errors.Is(err, errQueueTimeout) {
			CountShed(c, "queue_timeout")
			return nil, s.slots.queue.bounds.refusal()
		}
		return nil, err
	}
	defer m.Leave()
	return do(ctx, m)
}
