package lab

import (
	"net"
	"strconv"
	"strings"
	"time"

	"loadlab/internal/app"
	"loadlab/internal/env"
	"loadlab/internal/guard"
	"loadlab/internal/telemetry"
	"loadlab/services/cpubound"
	"loadlab/services/gateway"
	"loadlab/services/iobound"
	"loadlab/services/items"
	"loadlab/services/mixed"
)

// Config is the configuration of the lab, read from the environment.
type Config struct {
	Gateway    int `env:"GATEWAY_PORT" envDefault:"8080" min:"0" max:"64535" help:"port of the gateway; its admin port is 1000 higher; 0 picks free ports (the same for every service)"`
	IOBound    int `env:"IOBOUND_PORT" envDefault:"8081" min:"0" max:"64535" help:"port of iobound"`
	CPUBound   int `env:"CPUBOUND_PORT" envDefault:"8082" min:"0" max:"64535" help:"port of cpubound"`
	Mixed      int `env:"MIXED_PORT" envDefault:"8083" min:"0" max:"64535" help:"port of mixed"`
	Items      int `env:"ITEMS_PORT" envDefault:"8084" min:"0" max:"64535" help:"port of items"`
	Console    int `env:"CONSOLE_PORT" envDefault:"8089" min:"0" max:"65535" help:"port of the console, the web page"`
	Loadgen    int `env:"LOADGEN_PORT" envDefault:"8090" min:"0" max:"65535" help:"port of the load generator's control API"`
	Prometheus int `env:"PROMETHEUS_PORT" envDefault:"9090" min:"0" max:"65535" help:"port of Prometheus's HTTP API"`
	Traces     int `env:"JAEGER_PORT" envDefault:"16686" min:"0" max:"65535" help:"port of the trace store's query API"`
	OTLP       int `env:"OTLP_PORT" envDefault:"4318" min:"0" max:"65535" help:"port on which the trace store takes OTLP/HTTP"`

	ConsoleConnections    int `env:"CONSOLE_MAX_CONNECTIONS" envDefault:"256" min:"1" max:"100000" unit:"connections" help:"connections to the console that are open at once; a further one closes the one that has been idle for longest"`
	PrometheusConnections int `env:"PROMETHEUS_MAX_CONNECTIONS" envDefault:"256" min:"1" max:"100000" unit:"connections" help:"the same of Prometheus's HTTP API"`
	TracesConnections     int `env:"JAEGER_MAX_CONNECTIONS" envDefault:"256" min:"1" max:"100000" unit:"connections" help:"the same of the trace store's query API"`
	OTLPConnections       int `env:"OTLP_MAX_CONNECTIONS" envDefault:"256" min:"1" max:"100000" unit:"connections" help:"the same of the listener that takes OTLP/HTTP"`

	Tornado int `env:"TORNADO_PORT" envDefault:"8091" min:"0" max:"65535" help:"port of the tutorial's server on Tornado, with --runtimes"`
	Asyncio int `env:"ASYNCIO_PORT" envDefault:"8092" min:"0" max:"65535" help:"port of the tutorial's server on asyncio, with --runtimes"`
	Uvloop  int `env:"UVLOOP_PORT" envDefault:"8093" min:"0" max:"65535" help:"port of the tutorial's server on uvloop, with --runtimes"`
	Node    int `env:"NODE_PORT" envDefault:"8094" min:"0" max:"65535" help:"port of the tutorial's server on Node.js, with --runtimes"`
	NetHTTP int `env:"NETHTTP_PORT" envDefault:"8095" min:"0" max:"65535" help:"port of the tutorial's server on Go's net/http, with --runtimes"`

	Hosts     guard.Names   `env:"LAB_HOSTS" help:"host names under which the console and the APIs of metrics and traces are called, besides localhost and IP addresses, separated by commas; other names are answered 421"`
	Data      string        `env:"LAB_DATA" help:"folder for metrics, logs and files; by default a temporary one that is removed at the end"`
	Retention time.Duration `env:"LAB_RETENTION" envDefault:"2h" min:"30m" max:"720h" help:"age at which samples are deleted"`
	Block     time.Duration `env:"LAB_BLOCK" envDefault:"15m" min:"1m" max:"2h" help:"time after which samples go from memory to disk; half as much again is in memory"`
	DiskMB    int64         `env:"LAB_DISK_MB" envDefault:"512" min:"64" max:"1000000" unit:"MB" help:"disk that samples may take; the oldest are deleted beyond it"`
	TraceMB   int           `env:"LAB_TRACE_MB" envDefault:"48" min:"1" max:"4096" unit:"MB" help:"memory that traces may take; the oldest are dropped beyond it"`

	// Export is for the children. Their spans go to the lab's trace store, which
	// sends them on to the user's collector.
	Export telemetry.Export
}

// Validate checks what the tags cannot.
func (c *Config) Validate() []env.Problem {
	problems := c.Export.Validate()
	if len(problems) > 0 {
		return problems
	}
	if to, _ := c.Export.Collector(telemetry.Traces); c.forwards() && to.Protocol != forwardProtocol {
		problems = append(problems, env.Problem{Variable: "OTEL_EXPORTER_OTLP_PROTOCOL", Value: to.Protocol,
			Reason: "the lab sends spans on as it gets them, so it supports " + forwardProtocol + " alone"})
	}
	if c.Export.MetricsByOTLP() && c.Export.Endpoint == "" && c.Export.MetricsEndpoint == "" {
		problems = append(problems, env.Problem{Variable: "OTEL_METRICS_EXPORTER", Value: c.Export.MetricsExporter,
			Reason: "needs OTEL_EXPORTER_OTLP_ENDPOINT or OTEL_EXPORTER_OTLP_METRICS_ENDPOINT, because the lab's own collector takes spans alone"})
	}
	return problems
}

// forwardProtocol is that of what the trace store receives from the children.
const forwardProtocol = "http/protobuf"

// forwards reports whether spans go to a further collector.
func (c *Config) forwards() bool {
	return c.Export.Traced() && (c.Export.Endpoint != "" || c.Export.TracesEndpoint != "")
}

// adminOffset is how far a service's admin port is above its traffic port.
const adminOffset = 1000

// service is one of the lab's services with its port.
type service struct {
	builder app.Builder
	port    *int // in the configuration
}

// services returns all of them in the order of their start: those that are
// called come before those that call.
func (c *Config) services() []service {
	return []service{
		{iobound.Builder(), &c.IOBound}, {cpubound.Builder(), &c.CPUBound}, {items.Builder(), &c.Items},
		{mixed.Builder(), &c.Mixed}, {gateway.Builder(), &c.Gateway},
	}
}

func (s service) variable() string  { return strings.ToUpper(s.builder.Name) + "_PORT" }
func (s service) address() string   { return loopback(*s.port) }
func (s service) adminAddr() string { return loopback(*s.port + adminOffset) }

func loopback(port int) string { return net.JoinHostPort("127.0.0.1", strconv.Itoa(port)) }

// instance is the service with the environment that it sees: getenv with the
// lab's addresses and folders in place.
func (c *Config) instance(s service, getenv env.Getenv) app.Instance {
	name := strings.ToUpper(s.builder.Name)
	overlay := map[string]string{
		"LISTEN_ADDR": s.address(),
		"ADMIN_ADDR":  s.adminAddr(),
		"ROUTES":      getenv(name + "_ROUTES"),
	}
	defaults := map[string]string{}
	for _, other := range c.services() {
		defaults[strings.ToUpper(other.builder.Name)+"_URL"] = "http://" + other.address()
	}
	if c.Data != "" {
		overlay["DATA_DIR"] = c.Data
		defaults["DATABASE_URL"] = "sqlite:" + databaseFile(c.Data)
	}
	return app.Instance{Builder: s.builder, Getenv: func(variable string) string {
		if value, ok := overlay[variable]; ok {
			return value
		}
		if value := getenv(variable); value != "" {
			return value
		}
		return defaults[variable]
	}}
}
