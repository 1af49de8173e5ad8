package iobound

import (
	"context"

	"loadlab/internal/app"
	"loadlab/internal/env"
	"loadlab/internal/outbound"
	"loadlab/internal/scratch"
)

// Builder makes the service.
func Builder() app.Builder {
	return app.Builder{Name: "iobound", Port: 8081, Vars: func() []any { return []any{&Config{}} }, Build: build}
}

func build(_ context.Context, p app.Params) (*app.Service, error) {
	var cfg Config
	if err := env.Parse(p.Getenv, &cfg); err != nil {
		return nil, err
	}
	dir, remove, err := scratch.Make(cfg.DataDir, "loadlab-iobound-")
	if err != nil {
		return nil, &env.Error{Problems: []env.Problem{{Variable: "DATA_DIR", Value: cfg.DataDir,
			Reason: "no files can be made there: " + err.Error()}}}
	}
	// It does not wait for itself: when it takes no connections it is about to end.
	transport := outbound.NewTransport(outbound.Config{}, p.Telemetry)
	self := outbound.NewClient("iobound", "http://"+app.Reachable(p.Address), transport)
	return &app.Service{
		Server: New(p.Web, p.Telemetry, dir, p.Loop, self),
		Close: func() error {
			transport.Close()
			return remove()
		},
	}, nil
}
