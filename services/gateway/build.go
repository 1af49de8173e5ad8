package gateway

import (
	"context"

	"loadlab/internal/app"
	"loadlab/internal/env"
	"loadlab/internal/outbound"
)

// Builder makes the service. It is ready whenever it runs: with one service
// gone it still serves the groups of the others.
func Builder() app.Builder {
	return app.Builder{Name: "gateway", Port: 8080, Vars: func() []any { return []any{&Config{}, &outbound.Config{}} }, Build: build}
}

func build(_ context.Context, p app.Params) (*app.Service, error) {
	var cfg Config
	var calls outbound.Config
	if err := env.Parse(p.Getenv, &cfg, &calls); err != nil {
		return nil, err
	}
	transport := outbound.NewTransport(calls, p.Telemetry)
	server, err := New(p.Web, cfg, p.Telemetry, transport)
	if err != nil {
		return nil, err
	}
	transport.WaitUntil(server.Closing())
	return &app.Service{Server: server, Close: func() error { transport.Close(); return nil }}, nil
}
