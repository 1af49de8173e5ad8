// Package web is the HTTP surface of a service: an Echo router behind our middleware, with a separate admin surface.
//
// Each request passes, in this order: request id, trace, access log, metrics
// and metering (observe.go); recovery from panics; its body, read under limits of
// its own (receive.go); limits on concurrency and time (limit.go); switched
// faults (package fault); the handler. Handlers return errors and never write them.
package web

import (
	"net/http"
	"time"

	"github.com/labstack/echo/v4"
	"go.uber.org/zap"

	"loadlab/internal/telemetry"
	"loadlab/internal/transfer"
	"loadlab/internal/web/fault"
	"loadlab/internal/workmeter"
)

// Config is the configuration of every service's HTTP surface, read from the environment.
type Config struct {
	MaxConcurrency int           `env:"MAX_CONCURRENCY" envDefault:"1024" min:"1" max:"100000" unit:"requests" help:"requests served at once; further ones are answered 503"`
	RequestTimeout time.Duration `env:"REQUEST_TIMEOUT" envDefault:"70s" min:"1ms" max:"10m" help:"time budget of a request; 504 when it is exceeded"`
	Transfers      Transfers
	MaxBody        int64  `env:"MAX_BODY_BYTES" envDefault:"65536" min:"1" max:"16777216" unit:"bytes" help:"largest request body; a larger one is answered 413"`
	Routes         string `env:"ROUTES" help:"additional routes with preset arguments, as in /io/slow=/io/wait?ms=500, separated by semicolons"`
}

// Server holds the routes of one service.
type Server struct {
	cfg   Config
	tel   *telemetry.Telemetry
	log   *zap.Logger
	echo  *echo.Echo
	works map[string]Work

	metrics *metrics
	limiter *limiter
	faults  *fault.Switches
	slots   *Slots
	bodies  *transfer.Pool
	replies *transfer.Pool
	closing chan struct{}

	document string // path of the OpenAPI document; empty if there is none
}

// New returns a server without routes.
func New(cfg Config, tel *telemetry.Telemetry) *Server {
	s := &Server{
		cfg: cfg, tel: tel, log: tel.Log,
		echo:    newRouter(),
		works:   map[string]Work{},
		metrics: newMetrics(tel.Registry),
		slots:   &Slots{},
		bodies:  transfer.NewPool(cfg.Transfers.limits()),
		replies: transfer.NewPool(cfg.Transfers.limits()),
		closing: make(chan struct{}),
	}
	s.limiter = newLimiter(cfg, s.metrics)
	s.faults = fault.New(tel.Registry, tel.Log, fault.Host{
		Request: func(c echo.Context) fault.Request { return exchangeOf(c) },
		Routes:  s.paths,
		Gate:    func() workmeter.Gate { return patient{s.slots} },
		Cores:   func() int { return s.slots.cores() },
	})
	s.echo.Use(s.observe, s.receive, s.limiter.limit, s.faults.Inject)
	s.echo.GET("/", s.index)
	return s
}

// Echo returns the router, for routes that are not work routes.
func (s *Server) Echo() *echo.Echo { return s.echo }

// Telemetry returns what the server reports to.
func (s *Server) Telemetry() *telemetry.Telemetry { return s.tel }

// Handler adds the routes of the variable ROUTES and returns the traffic
// surface. No route can be added afterwards. The error is an *env.Error.
func (s *Server) Handler() (http.Handler, error) {
	if err := s.AddNamed(s.cfg.Routes); err != nil {
		return nil, err
	}
	s.metrics.resolve(s.echo.Routes())
	return s.echo, nil
}

// Route is one line of the index.
type Route struct {
	Path    string   `json:"path"`
	Methods []string `json:"methods"`
}

// Index is the body of GET /.
type Index struct {
	Service  string  `json:"service"`
	Instance string  `json:"instance"`
	Version  string  `json:"version"`
	Document string  `json:"openapi,omitempty"` // path of the OpenAPI document
	Routes   []Route `json:"routes"`
}

func (s *Server) index(c echo.Context) error {
	return c.JSON(http.StatusOK, Index{
		Service: s.tel.Identity.Service, Instance: s.tel.Identity.Instance,
		Version: s.tel.Identity.Version, Document: s.document, Routes: s.routeList(),
	})
}
