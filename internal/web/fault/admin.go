package fault

import (
	"net/http"
	"time"

	"github.com/labstack/echo/v4"

	"loadlab/internal/web/faultkind"
	"loadlab/internal/web/input"
	"loadlab/internal/web/semantics"
)

// Routes adds the switches to an admin surface.
func (f *Switches) Routes(e *echo.Echo) {
	e.GET("/fault", f.get)
	e.PUT("/fault", f.put)
	e.POST("/fault", f.put)
	e.DELETE("/fault", f.clear)
}

// List is the body of GET /fault.
type List struct {
	Faults []Fault  `json:"faults"`
	Kinds  []string `json:"kinds"`
	Routes []string `json:"routes"` // that a fault can be limited to
}

func (f *Switches) get(c echo.Context) error {
	return c.JSON(http.StatusOK, List{Faults: f.list(), Kinds: faultkind.Kinds(), Routes: f.host.Routes()})
}

// put takes a fault and its duration as query or JSON body.
func (f *Switches) put(c echo.Context) error {
	in := input.New(c.Request(), nil)
	duration := in.Duration("duration", 30*time.Second, time.Millisecond, maxDuration)
	spec := faultkind.Read(in, f.host.Routes())
	if err := in.Err(); err != nil {
		return err
	}
	if err := semantics.CheckUntagged(c.Request()); err != nil {
		return err
	}
	f.switchOn(spec, duration)
	return f.get(c)
}

func (f *Switches) clear(c echo.Context) error {
	in := input.New(c.Request(), nil)
	kind := in.Choice("kind", "", faultkind.Kinds()...)
	route := in.Choice("route", "", f.host.Routes()...)
	if err := in.Err(); err != nil {
		return err
	}
	if err := semantics.CheckUntagged(c.Request()); err != nil {
		return err
	}
	f.switchOff(kind, route)
	return f.get(c)
}
