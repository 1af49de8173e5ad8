package web

import (
	"context"
	"net/http"
	"net/http/pprof"
	"time"

	"github.com/labstack/echo/v4"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// readyTimeout bounds one readiness check.
const readyTimeout = 2 * time.Second

// ReadyFunc returns why the service cannot serve now, or nil.
type ReadyFunc func(context.Context) error

// Admin returns the surface for probes, scrapes, profiles and switches. It has
// a listener of its own, so that none of them queues behind load.
func (s *Server) Admin(ready ReadyFunc) http.Handler {
	e := echo.New()
	e.HTTPErrorHandler = func(err error, c echo.Context) {
		_ = writeProblem(c, toProblem(c.Request().Context(), err))
	}
	e.GET("/metrics", echo.WrapHandler(promhttp.HandlerFor(s.tel.Registry, promhttp.HandlerOpts{
		EnableOpenMetrics: true, MaxRequestsInFlight: 4, Timeout: 10 * time.Second,
	})))
	e.GET("/livez", func(c echo.Context) error { return c.JSON(http.StatusOK, status{Status: "live"}) })
	e.GET("/readyz", func(c echo.Context) error { return s.readyz(c, ready) })
	e.Any("/loglevel", func(c echo.Context) error {
		c.Response().Header().Set(echo.HeaderContentType, echo.MIMEApplicationJSON)
		http.MaxBytesHandler(s.tel.Level, 1<<10).ServeHTTP(c.Response(), c.Request())
		return nil
	})
	e.GET("/fault", s.getFaults)
	e.PUT("/fault", s.putFault)
	e.POST("/fault", s.putFault)
	e.DELETE("/fault", s.deleteFault)
	e.GET("/debug/pprof/*", echo.WrapHandler(http.HandlerFunc(pprof.Index)))
	e.GET("/debug/pprof/cmdline", echo.WrapHandler(http.HandlerFunc(pprof.Cmdline)))
	e.GET("/debug/pprof/profile", echo.WrapHandler(http.HandlerFunc(pprof.Profile)))
	e.GET("/debug/pprof/symbol", echo.WrapHandler(http.HandlerFunc(pprof.Symbol)))
	e.GET("/debug/pprof/trace", echo.WrapHandler(http.HandlerFunc(pprof.Trace)))
	return e
}

type status struct {
	Status string `json:"status"`
}

func (s *Server) readyz(c echo.Context, ready ReadyFunc) error {
	if s.isClosing() {
		return NewProblem(http.StatusServiceUnavailable, "the service is shutting down")
	}
	if !s.faults.ready() {
		return NewProblem(http.StatusServiceUnavailable, "a fault is switched on")
	}
	if ready != nil {
		ctx, cancel := context.WithTimeout(c.Request().Context(), readyTimeout)
		defer cancel()
		if err := ready(ctx); err != nil {
			return NewProblem(http.StatusServiceUnavailable, err.Error())
		}
	}
	return c.JSON(http.StatusOK, status{Status: "ready"})
}

// FaultList is the body of GET /fault.
type FaultList struct {
	Faults []Fault  `json:"faults"`
	Kinds  []string `json:"kinds"`
}

func (s *Server) getFaults(c echo.Context) error {
	return c.JSON(http.StatusOK, FaultList{Faults: s.faults.list(), Kinds: faultKinds()})
}

// putFault takes kind, value and duration as query or JSON body.
func (s *Server) putFault(c echo.Context) error {
	c.Request().Body = http.MaxBytesReader(c.Response(), c.Request().Body, 1<<10)
	in := newInput(c.Request(), nil)
	kind := in.Choice("kind", "", faultKinds()...)
	duration := in.Duration("duration", 30*time.Second, time.Millisecond, maxFaultDuration)
	value := readFaultValue(in, kind)
	if err := in.Err(); err != nil {
		return err
	}
	s.faults.set(kind, value, duration)
	return s.getFaults(c)
}

// readFaultValue reads what the kind of fault needs, and refuses what it does not take.
func readFaultValue(in *Input, kind string) float64 {
	if kind == "" {
		in.Text("value", "", 64) // the kind is the problem to name
		if !in.Has("kind") {
			in.Violate("kind", "is missing")
		}
		return 0
	}
	most := map[string]float64{FaultLatency: milliseconds(maxFaultLatency), FaultErrors: 1}[kind]
	if most > 0 && !in.Has("value") {
		in.Violate("value", "is missing")
	}
	return in.Float("value", 0, 0, most)
}

func (s *Server) deleteFault(c echo.Context) error {
	in := newInput(c.Request(), nil)
	kind := in.Choice("kind", "", faultKinds()...)
	if err := in.Err(); err != nil {
		return err
	}
	s.faults.clear(kind)
	return s.getFaults(c)
}
