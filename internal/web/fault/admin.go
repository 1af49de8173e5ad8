package fault

import (
	"net/http"
	"time"

	"github.com/labstack/echo/v4"

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
}

func (f *Switches) get(c echo.Context) error {
	return c.JSON(http.StatusOK, List{Faults: f.list(), Kinds: Kinds()})
}

// put takes kind, value and duration as query or JSON body.
func (f *Switches) put(c echo.Context) error {
	in := input.New(c.Request(), nil)
	kind := in.Choice("kind", "", Kinds()...)
	duration := in.Duration("duration", 30*time.Second, time.Millisecond, maxDuration)
	value := readValue(in, kind)
	if err := in.Err(); err != nil {
		return err
	}
	if err := semantics.CheckUntagged(c.Request()); err != nil {
		return err
	}
	f.switchOn(kind, value, duration)
	return f.get(c)
}

// readValue reads what the kind of fault needs, and refuses what it does not take.
func readValue(in *input.Reader, kind string) float64 {
	if kind == "" {
		in.Text("value", "", 64) // the kind is the problem to name
		if !in.Has("kind") {
			in.Violate("kind", "is missing")
		}
		return 0
	}
	limit := map[string]float64{Latency: float64(maxLatency.Milliseconds()), Errors: 1}[kind]
	if limit > 0 && !in.Has("value") {
		in.Violate("value", "is missing")
	}
	return in.Float("value", 0, 0, limit)
}

func (f *Switches) clear(c echo.Context) error {
	in := input.New(c.Request(), nil)
	kind := in.Choice("kind", "", Kinds()...)
	if err := in.Err(); err != nil {
		return err
	}
	if err := semantics.CheckUntagged(c.Request()); err != nil {
		return err
	}
	f.switchOff(kind)
	return f.get(c)
}
