// Package cpubound is the service whose requests compute, each with a result that its caller can check.
package cpubound

import (
	"context"

	"loadlab/internal/app"
	"loadlab/internal/telemetry"
	"loadlab/internal/web"
)

// New wires the service; loop is the process's event loop.
func New(cfg web.Config, tel *telemetry.Telemetry, loop *web.EventLoop) *web.Server {
	server := web.New(cfg, tel)
	routes(server, loop)
	return server
}

// Builder makes the service.
func Builder() app.Builder {
	return app.Builder{Name: "cpubound", Port: 8082, Build: build}
}

func build(_ context.Context, p app.Params) (*app.Service, error) {
	return &app.Service{Server: New(p.Web, p.Telemetry, p.Loop)}, nil
}
