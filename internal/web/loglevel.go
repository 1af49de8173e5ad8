package web

import (
	"net/http"

	"github.com/labstack/echo/v4"
	"go.uber.org/zap/zapcore"

	"loadlab/internal/web/input"
	"loadlab/internal/web/semantics"
)

// logLevel is the body of GET and PUT /loglevel.
type logLevel struct {
	Level string `json:"level"`
}

func (s *Server) level(c echo.Context) error {
	return c.JSON(http.StatusOK, logLevel{Level: s.tel.Level.String()})
}

// setLevel takes level as query or JSON body.
func (s *Server) setLevel(c echo.Context) error {
	in := input.New(c.Request(), nil)
	name := in.Choice("level", "", "debug", "info", "warn", "error")
	if !in.Has("level") {
		in.Violate("level", "is missing")
	}
	if err := in.Err(); err != nil {
		return err
	}
	if err := semantics.CheckUntagged(c.Request()); err != nil {
		return err
	}
	level, err := zapcore.ParseLevel(name)
	if err != nil {
		return err
	}
	s.tel.Level.SetLevel(level)
	return s.level(c)
}
