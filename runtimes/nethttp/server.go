package nethttp

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"time"

	"github.com/prometheus/client_golang/prometheus/promhttp"
	"go.opentelemetry.io/contrib/instrumentation/net/http/otelhttp"
	"go.uber.org/zap"

	"loadlab/internal/env"
	"loadlab/internal/telemetry"
	"loadlab/internal/web/semantics"
)

// Config is the server's configuration, read from the environment.
type Config struct {
	Listen string `env:"LISTEN_ADDR" envDefault:"127.0.0.1:8095" help:"address to listen on"`
	telemetry.Config
}

// drainLimit is how long requests in progress may take after ctx has ended.
const drainLimit = 10 * time.Second

// Run serves until ctx ends and requests in progress are answered. Its log goes
// to stdout. A wrong variable is an *env.Error.
func Run(ctx context.Context, getenv env.Getenv, stdout io.Writer) (err error) {
	var cfg Config
	if err := env.Parse(getenv, &cfg); err != nil {
		return err
	}
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", cfg.Listen)
	if err != nil {
		return fmt.Errorf("listen: %w", err)
	}
	tel, err := telemetry.New(ctx, cfg.Config, telemetry.Identity{Service: Name}, stdout)
	if err != nil {
		return errors.Join(err, listener.Close())
	}
	m := newMetrics(tel.Registry)
	scrapes := semantics.NewMux()
	scrapes.Handle("GET /metrics", promhttp.HandlerFor(tel.Registry, promhttp.HandlerOpts{Registry: tel.Registry}))
	counted := otelhttp.NewHandler(m.wrap(newMux()), Name,
		otelhttp.WithTracerProvider(tel.Provider), otelhttp.WithPropagators(tel.Propagator),
		otelhttp.WithSpanNameFormatter(m.spanName))
	// No mux is above both: it would answer unknown methods before they are counted.
	handler := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/metrics" {
			scrapes.ServeHTTP(w, r)
			return
		}
		counted.ServeHTTP(w, r)
	})
	server := &http.Server{Handler: handler, ReadTimeout: 10 * time.Second, IdleTimeout: 2 * time.Minute, MaxHeaderBytes: 16 << 10}
	lagged, stopLag := context.WithCancel(ctx)
	defer stopLag()
	go m.measureLag(lagged)
	tel.Log.Info("serving", zap.String("address", listener.Addr().String()))
	ended := make(chan error, 1)
	go func() { ended <- server.Serve(listener) }()
	select {
	case err = <-ended:
	case <-ctx.Done():
	}
	limited, cancel := context.WithTimeout(context.WithoutCancel(ctx), drainLimit)
	defer cancel()
	return errors.Join(err, server.Shutdown(limited), tel.Shutdown(limited))
}
