// Package mixed is the service whose requests call the other two, which wait or compute for it.
package mixed

import (
	"loadlab/internal/env"
	"loadlab/internal/outbound"
	"loadlab/internal/telemetry"
	"loadlab/internal/web"
)

// Config is the service's configuration, read from the environment.
type Config struct {
	IOBound  env.BaseURL `env:"IOBOUND_URL" envDefault:"http://127.0.0.1:8081" help:"base URL of the service that waits"`
	CPUBound env.BaseURL `env:"CPUBOUND_URL" envDefault:"http://127.0.0.1:8082" help:"base URL of the service that computes"`
}

// New wires the service; io and cpu call the services of those names.
func New(cfg web.Config, tel *telemetry.Telemetry, io, cpu *outbound.Client) *web.Server {
	server := web.New(cfg, tel)
	routes(server, &callees{io: io, cpu: cpu})
	return server
}
