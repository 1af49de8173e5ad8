package lab

import (
	"fmt"
	"io"
	"strings"
	"sync"
	"time"

	"loadlab/internal/supervise"
)

// printer prints what happens on the terminal, line by line.
type printer struct {
	mu    sync.Mutex
	out   io.Writer
	began time.Time
}

// Write lets several sources share the terminal, a whole line each.
func (p *printer) Write(text []byte) (int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.out.Write(text)
}

func (p *printer) starting(f folder) {
	fmt.Fprintf(p, "starting; logs and data are in %s\n", f.path)
}

func (p *printer) event(e supervise.Event) {
	after := e.After.Round(time.Millisecond)
	switch e.Kind {
	case supervise.Ready:
		fmt.Fprintf(p, "%-10s | ready after %v, process %d\n", e.Process, after, e.PID)
	case supervise.Ended:
		next := "it is not started again"
		if e.Delay > 0 {
			next = fmt.Sprintf("it starts again in %v", e.Delay)
		}
		fmt.Fprintf(p, "%-10s | process %d ended after %v (%s); %s\n", e.Process, e.PID, after, cause(e.Cause), next)
	case supervise.Stopped:
		if e.Cause != nil {
			fmt.Fprintf(p, "%-10s | stopped: %v\n", e.Process, e.Cause)
		}
	}
}

func cause(err error) string {
	if err == nil {
		return "exit status 0"
	}
	return err.Error()
}

// up says where to look, once everything is ready.
func (p *printer) up(cfg Config, f folder, loaded bool, tutorial []tutorialServer) {
	gateway := "http://" + loopback(cfg.Gateway)
	load := "none: --no-load"
	if loaded {
		load = "http://" + loopback(cfg.Loadgen)
	}
	kept := "removed at the end"
	if !f.temporary {
		kept = "kept"
	}
	fmt.Fprintf(p, `
loadlab is up after %v; open %s

  %-32s all routes; the same 50 ms as waiting and as computing:
  %-32s   curl '%s/io/wait?ms=50'
  %-32s   curl '%s/cpu/spin?ms=50'
  %-32s the load: what it is, and how to change it
  %-32s Prometheus's API (query, query_range, query_exemplars, rules, alerts, ...)
  %-32s traces by Jaeger's API v3 (services, operations, traces)
  %-32s takes traces by OTLP/HTTP
%s
Data are %s. Ctrl-C ends the lab.

`, time.Since(p.began).Round(10*time.Millisecond), "http://"+loopback(cfg.Console), gateway, "", gateway, "", gateway, load,
		"http://"+loopback(cfg.Prometheus)+"/api/v1", "http://"+loopback(cfg.Traces)+"/api/v3",
		"http://"+loopback(cfg.OTLP)+"/v1/traces", addresses(tutorial), kept)
}

// addresses are the lines of the tutorial's servers.
func addresses(tutorial []tutorialServer) string {
	var lines strings.Builder
	for _, s := range tutorial {
		fmt.Fprintf(&lines, "  %-32s %s, the tutorial's server\n", "http://"+s.address(), s.Title)
	}
	return lines.String()
}

// missing says which of the tutorial's servers this machine cannot run, and what they need.
func (p *printer) missing(errs []error) {
	for _, err := range errs {
		fmt.Fprintf(p, "%-10s | not started: %v\n", "runtimes", err)
	}
}

// noBrowser says that the page has to be opened by hand.
func (p *printer) noBrowser(err error) {
	fmt.Fprintf(p, "%-10s | no browser could be started: %v\n", "console", err)
}

// forwarding says that the further collector began to refuse traces, or takes them again.
func (p *printer) forwarding(err error) {
	if err != nil {
		fmt.Fprintf(p, "%-10s | the collector of OTEL_EXPORTER_OTLP_ENDPOINT gets no traces: %v\n", "traces", err)
		return
	}
	fmt.Fprintf(p, "%-10s | the collector of OTEL_EXPORTER_OTLP_ENDPOINT takes traces again\n", "traces")
}
