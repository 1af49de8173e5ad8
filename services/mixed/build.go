package mixed

import (
	"context"

	"loadlab/internal/app"
	"loadlab/internal/env"
	"loadlab/internal/outbound"
)

// Builder makes the service.
func Builder() app.Builder {
	return app.Builder{Name: "mixed", Port: 8083, Vars: func() []any { return []any{&Config{}, &outbound.Config{}} }, Build: build}
}

func build(_ context.Context, p app.Params) (*app.Service, error) {
	var cfg Config
	var calls outbound.Config
	if err := env.Parse(p.Getenv, &cfg, &calls); err != nil {
		return nil, err
	}
	transport := outbound.NewTransport(calls, p.Telemetry)
	io := outbound.NewClient("iobound", string(cfg.IOBound), transport)
	cpu := outbound.NewClient("cpubound", string(cfg.CPUBound), transport)
	server := New(p.Web, p.Telemetry, io, cpu)
	transport.WaitUntil(server.Closing())
	return &app.Service{
		Server: server,
		Close:  func() error { transport.Close(); return nil },
	}, nil
}
