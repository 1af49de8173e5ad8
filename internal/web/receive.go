package web

import (
	"bytes"
	"errors"
	"io"
	"net/http"
	"time"

	"github.com/labstack/echo/v4"

	"loadlab/internal/transfer"
	"loadlab/internal/web/problem"
)

// Transfers bounds what a client that sends or reads slowly costs, read from the environment.
type Transfers struct {
	Timeout time.Duration `env:"TRANSFER_TIMEOUT" envDefault:"10s" min:"10ms" max:"10m" help:"time in which a body must arrive and a reply must be taken; 408 for a slower body, and the end of the connection for a slower reader"`
	MinRate int64         `env:"TRANSFER_MIN_RATE" envDefault:"1024" min:"0" max:"1000000000" unit:"bytes per second" help:"lowest rate of a body or a reply after its first 2 s; 0 means none"`
	Memory  int64         `env:"TRANSFER_MEMORY_BYTES" envDefault:"16777216" min:"65536" max:"1073741824" unit:"bytes" help:"memory of the bodies that are arriving, and as much again of the replies that are being sent; beyond it those that began first are given up"`
}

func (t Transfers) limits() transfer.Limits {
	return transfer.Limits{Timeout: t.Timeout, MinRate: t.MinRate, Memory: t.Memory}
}

// receive reads the body before the request takes a slot or anything is sent to
// another service, so that a slow client keeps neither. Handlers read it from memory.
func (s *Server) receive(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		if r := c.Request(); r.Body != nil && r.Body != http.NoBody {
			if err := s.takeBody(c, r); err != nil {
				return err
			}
		}
		return next(c)
	}
}

func (s *Server) takeBody(c echo.Context, r *http.Request) error {
	if r.ContentLength > s.cfg.MaxBody {
		return &http.MaxBytesError{Limit: s.cfg.MaxBody}
	}
	r.Body = http.MaxBytesReader(c.Response(), r.Body, s.cfg.MaxBody)
	var body []byte
	err := Meter(c).Wait("body", func() (err error) {
		body, err = s.bodies.Receive(c.Response(), r)
		return err
	})
	if err != nil {
		return refuseBody(c, err)
	}
	r.ContentLength, r.TransferEncoding, r.Body = int64(len(body)), nil, io.NopCloser(bytes.NewReader(body))
	return nil
}

func refuseBody(c echo.Context, err error) error {
	if errors.Is(err, transfer.ErrNoRoom) {
		CountShed(c, "body_memory")
		return problem.New(http.StatusRequestTimeout, "the body was still arriving when younger ones needed its memory").Because(err)
	}
	var known *problem.Problem
	if errors.As(err, &known) && known.Status == http.StatusRequestTimeout {
		CountShed(c, "slow_body")
	}
	return err
}
