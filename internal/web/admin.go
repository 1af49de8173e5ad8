package web

import (
	"context"
	"fmt"
	"net/http"
	"net/http/pprof"
	"path"
	"time"

	"github.com/labstack/echo/v4"

	"loadlab/internal/decimal"
	"loadlab/internal/telemetry"
	"loadlab/internal/web/problem"
	"loadlab/internal/web/semantics"
)

// readyTimeout bounds one readiness check.
const readyTimeout = 2 * time.Second

// ReadyFunc returns why the service cannot serve now, or nil.
type ReadyFunc func(context.Context) error

// Admin returns the surface for probes, scrapes, profiles and switches. It has
// a listener of its own, so that none of them queues behind load, and in front
// of it belongs a guard.Guard.
func (s *Server) Admin(ready ReadyFunc) http.Handler {
	e := newRouter()
	e.HTTPErrorHandler = func(err error, c echo.Context) {
		_ = writeProblem(c, toProblem(c.Request().Context(), err))
	}
	e.Use(admit)
	e.GET("/metrics", echo.WrapHandler(telemetry.MetricsHandler(s.tel.Registry)))
	e.GET("/livez", func(c echo.Context) error { return c.JSON(http.StatusOK, status{Status: "live"}) })
	e.GET("/readyz", func(c echo.Context) error { return s.readyz(c, ready) })
	e.GET("/loglevel", s.level)
	e.PUT("/loglevel", s.setLevel)
	s.faults.Routes(e)
	e.GET("/debug/pprof/*", echo.WrapHandler(http.HandlerFunc(pprof.Index)), boundedProfile)
	e.GET("/debug/pprof/cmdline", echo.WrapHandler(http.HandlerFunc(pprof.Cmdline)))
	e.GET("/debug/pprof/profile", echo.WrapHandler(http.HandlerFunc(pprof.Profile)), boundedProfile)
	e.GET("/debug/pprof/symbol", echo.WrapHandler(http.HandlerFunc(pprof.Symbol)))
	e.GET("/debug/pprof/trace", echo.WrapHandler(http.HandlerFunc(pprof.Trace)), boundedProfile)
	// A HEAD of these would record for as long as a GET, for nothing.
	e.HEAD("/debug/pprof/profile", attachment, boundedProfile)
	e.HEAD("/debug/pprof/trace", attachment, boundedProfile)
	return e
}

// maxAdminBody bounds the body of a request to the admin listener, in bytes.
const maxAdminBody = 1 << 10

// admit applies what the traffic listener's middleware does for requests there.
func admit(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		w, ok := semantics.Begin(c.Response().Writer, c.Request())
		if !ok {
			return nil
		}
		c.Response().Writer = w
		if r := c.Request(); r.Body != nil && r.Body != http.NoBody {
			r.Body = http.MaxBytesReader(w, r.Body, maxAdminBody)
		}
		return next(c)
	}
}

// maxProfile bounds the time that one request may record, in seconds.
const maxProfile = 120

// boundedProfile refuses a duration that net/http/pprof would replace by its
// default, or would record for without end.
func boundedProfile(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		if text := c.QueryParam("seconds"); text != "" {
			if seconds, err := decimal.Float(text); err != nil || seconds < 0 || seconds > maxProfile {
				return problem.New(http.StatusBadRequest, fmt.Sprintf("seconds is %.40q, want a number from 0 to %d", text, maxProfile))
			}
		}
		return next(c)
	}
}

func attachment(c echo.Context) error {
	c.Response().Header().Set("X-Content-Type-Options", "nosniff")
	c.Response().Header().Set("Content-Disposition", `attachment; filename="`+path.Base(c.Path())+`"`)
	return c.Blob(http.StatusOK, echo.MIMEOctetStream, nil)
}

type status struct {
	Status string `json:"status"`
}

func (s *Server) readyz(c echo.Context, ready ReadyFunc) error {
	if s.isClosing() {
		return problem.New(http.StatusServiceUnavailable, "the service is shutting down")
	}
	if !s.faults.Ready() {
		return problem.New(http.StatusServiceUnavailable, "the fault not_ready is switched on")
	}
	if ready != nil {
		ctx, cancel := context.WithTimeout(c.Request().Context(), readyTimeout)
		defer cancel()
		if err := ready(ctx); err != nil {
			return problem.New(http.StatusServiceUnavailable, err.Error())
		}
	}
	return c.JSON(http.StatusOK, status{Status: "ready"})
}
