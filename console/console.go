// Package console serves the page from which the lab is watched while it is steered.
//
// Everything that the page needs is on its own origin: its files, the
// dashboards, and the upstreams, which are fixed by the configuration. Nothing
// in a request can choose an address.
//
//	GET  /                              the page; its files are below /static/
//	GET  /config.json                   the configuration of the page, as in type settings
//	GET  /dashboards/{uid}.json         a dashboard of the repository
//	GET  /dashboards/{uid}/queries      its queries for a range, an interval (both in seconds) and values var-NAME
//	GET  /prometheus/api/v1/...         Prometheus's HTTP API, its reading part; POST too
//	GET  /traces/api/v3/...             Jaeger's query API v3
//	     /generator/api/v1/run...       the load generator's control API; 503 with how it ended once it has ended
//	     /fault/{service}               the faults of a service
//	     /experiments/api/v1/...        the experiments' API; a result's page has a policy of its own
//	POST /lab/api/v1/restart/{service}  restarts a service; without containers only
package console

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"slices"
	"time"

	"loadlab/grafana"
	"loadlab/internal/guard"
	"loadlab/internal/web/semantics"
)

// Modes in which the lab runs.
const (
	ModeLab        = "lab"
	ModeContainers = "containers"
)

// Config says what the console shows. An upstream that is not set answers 404.
type Config struct {
	Version string
	Mode    string // ModeLab or ModeContainers
	// Guard is that of the listener, and decides under which names the page may make changes.
	Guard      guard.Guard
	Prometheus Upstream
	Traces     Upstream
	Generator  Upstream
	// Reports is the folder of the generator's reports, in which it leaves how it
	// ended; empty if the console cannot read it.
	Reports string
	// Experiments is the API of a runner, as experiments/runner describes it.
	Experiments Upstream
	// Lab restarts services: POST /api/v1/restart/{service} is answered 204 when the
	// service is ready again.
	Lab    Upstream
	Faults []Faults
	// Runtimes reports whether the tutorial's servers run, each time that the page
	// is loaded: their dashboard is listed only then. Nil means that they never do.
	Runtimes func(context.Context) bool
	Jaeger   string        // page of Jaeger as the reader's browser reaches it, if there is one
	Grafana  string        // page of Grafana, likewise
	Scrape   time.Duration // interval of Prometheus; 2 s unless set
	Random   io.Reader     // of the token; crypto/rand's reader unless set
}

// Faults are the fault switches of a service.
type Faults struct {
	Service string
	Admin   Upstream
}

// Upstream is a server that the console asks: a handler of this process, or else
// a base URL. The zero value means that there is none.
type Upstream struct {
	Handler http.Handler
	URL     string

	// away says why the server at the URL does not answer; empty if that is not known.
	away func() string
}

const (
	defaultScrape = 2 * time.Second
	// answerTime bounds an upstream's answer that is no stream.
	answerTime = 30 * time.Second
	// stallTime is how long a reader of a stream may stall before it is disconnected.
	stallTime = 10 * time.Second
)

// New makes the console's handler. In front of it belongs cfg.Guard, and its server should have a WriteTimeout above
// half a minute, so that a stalled reader is disconnected; streams
// extend it for themselves. An error names a URL that cannot be used.
func New(cfg Config) (http.Handler, error) { return build(cfg, stallTime) }

func build(cfg Config, stall time.Duration) (http.Handler, error) {
	if cfg.Scrape == 0 {
		cfg.Scrape = defaultScrape
	}
	if cfg.Random == nil {
		cfg.Random = rand.Reader
	}
	token, err := newToken(cfg.Random)
	if err != nil {
		return nil, err
	}
	c := &console{mux: semantics.NewMux(), tokens: tokens{token}, stall: stall}
	boards, err := dashboards(grafana.Dashboards())
	if err != nil {
		return nil, err
	}
	runtimes, err := dashboards(grafana.Runtimes())
	if err != nil {
		return nil, err
	}
	if cfg.Runtimes == nil {
		runtimes, cfg.Runtimes = nil, func(context.Context) bool { return false }
	}
	c.files(slices.Concat(boards, runtimes), cfg.Scrape)
	c.mux.HandleFunc("GET /config.json", c.settings(cfg, boards, runtimes))
	if err := c.upstreams(cfg); err != nil {
		return nil, err
	}
	return headers(c.mux), nil
}

type console struct {
	mux    *semantics.Mux
	tokens tokens
	stall  time.Duration
}

// files routes the page, what it is made of, and the dashboards.
func (c *console) files(boards []board, scrape time.Duration) {
	page, err := fs.Sub(static, "static")
	if err != nil {
		panic(err) // only an invalid path fails, and this one is constant
	}
	c.mux.HandleFunc("GET /{$}", func(w http.ResponseWriter, r *http.Request) { serveFile(w, r, page, "index.html") })
	c.mux.HandleFunc("GET /static/{path...}", func(w http.ResponseWriter, r *http.Request) {
		serveFile(w, r, page, r.PathValue("path"))
	})
	for _, b := range boards {
		c.mux.HandleFunc("GET /dashboards/"+b.file, func(w http.ResponseWriter, r *http.Request) {
			serveFile(w, r, b.files, b.file)
		})
		c.mux.HandleFunc("GET /dashboards/"+b.UID+"/queries", expand(b.model, scrape))
	}
}

// promReads are the endpoints of Prometheus's API that only read.
var promReads = []string{"query", "query_range", "query_exemplars", "series", "labels", "label/{name}/values", "metadata", "rules", "alerts"}

// upstreams routes what other servers answer.
func (c *console) upstreams(cfg Config) error {
	prometheus, err := c.proxy("Prometheus", "/prometheus", cfg.Prometheus)
	if err != nil {
		return err
	}
	for _, endpoint := range promReads {
		c.handle("GET /prometheus/api/v1/"+endpoint, prometheus)
		c.handle("POST /prometheus/api/v1/"+endpoint, prometheus)
	}
	traces, err := c.proxy("the trace store", "/traces", cfg.Traces)
	if err != nil {
		return err
	}
	for _, endpoint := range []string{"services", "operations", "traces", "traces/{id}"} {
		c.handle("GET /traces/api/v3/"+endpoint, traces)
	}
	cfg.Generator.away = func() string { return generatorExit(cfg.Reports, cfg.Mode) }
	generator, err := c.proxy("the load generator", "/generator", cfg.Generator)
	if err != nil {
		return err
	}
	c.handle("GET /generator/api/v1/run", generator)
	c.mux.Handle("GET /generator/api/v1/run/events", c.stream(generator))
	c.handle("PATCH /generator/api/v1/run", c.tokens.wrap(generator))
	for _, action := range []string{"pause", "resume", "stop"} {
		c.handle("POST /generator/api/v1/run/"+action, c.tokens.wrap(generator))
	}
	lab, err := c.proxy("restarts of its services", "/lab", cfg.Lab)
	if err != nil {
		return err
	}
	c.handle("POST /lab/api/v1/restart/{service}", c.tokens.wrap(lab))
	return errors.Join(c.faults(cfg.Faults), c.experiments(cfg.Experiments))
}

func (c *console) experiments(to Upstream) error {
	runner, err := c.proxy("experiments", "/experiments", to)
	if err != nil {
		return err
	}
	for _, endpoint := range []string{"experiments", "runs", "runs/{id}"} {
		c.handle("GET /experiments/api/v1/"+endpoint, runner)
	}
	c.handle("GET /experiments/api/v1/runs/{id}/page", selfContained(runner))
	for _, endpoint := range []string{"runs", "runs/stop"} {
		c.handle("POST /experiments/api/v1/"+endpoint, c.tokens.wrap(runner))
	}
	return nil
}

// selfContained is for a page that has its style in itself, runs nothing and loads
// nothing. The console shows it in a frame.
func selfContained(next http.Handler) http.Handler {
	const policy = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'self'"
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Security-Policy", policy)
		next.ServeHTTP(w, r)
	})
}

func (c *console) faults(services []Faults) error {
	for _, s := range services {
		admin, err := c.proxy(s.Service, "", s.Admin)
		if err != nil {
			return err
		}
		switches := toPath("/fault", admin)
		c.handle("GET /fault/"+s.Service, switches)
		c.handle("PUT /fault/"+s.Service, c.tokens.wrap(switches))
		c.handle("DELETE /fault/"+s.Service, c.tokens.wrap(switches))
	}
	return nil
}

// handle routes what must be answered in bounded time.
func (c *console) handle(pattern string, next http.Handler) {
	c.mux.HandleFunc(pattern, func(w http.ResponseWriter, r *http.Request) {
		ctx, cancel := context.WithTimeout(r.Context(), answerTime)
		defer cancel()
		next.ServeHTTP(w, r.WithContext(ctx))
	})
}

// headers sets what every answer of the console has.
func headers(next http.Handler) http.Handler {
	const policy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; " +
		"frame-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", policy)
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "no-referrer")
		h.Set("Cross-Origin-Resource-Policy", "same-origin")
		h.Set("Cross-Origin-Opener-Policy", "same-origin")
		next.ServeHTTP(w, r)
	})
}

func newToken(random io.Reader) (string, error) {
	secret := make([]byte, 32)
	if _, err := io.ReadFull(random, secret); err != nil {
		return "", fmt.Errorf("make the console's token: %w", err)
	}
	return fmt.Sprintf("%x", secret), nil
}
