// Package iobound is the service whose requests wait: on a timer, on a disk, on another service.
package iobound

import (
	"loadlab/internal/outbound"
	"loadlab/internal/telemetry"
	"loadlab/internal/web"
)

// Config is the service's configuration, read from the environment.
type Config struct {
	DataDir string `env:"DATA_DIR" help:"folder for the files of /io/disk; by default a temporary one that is removed at the end"`
}

// New wires the service. dir takes the files of /io/disk, loop is the
// process's event loop, self calls the service itself.
func New(cfg web.Config, tel *telemetry.Telemetry, dir string, loop *web.EventLoop, self *outbound.Client) *web.Server {
	server := web.New(cfg, tel)
	routes(server, dir, loop, self)
	return server
}
