package e2e

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"loadlab/test/observe"
)

func TestEveryServiceHasTraces(t *testing.T) {
	j := jaeger(t)
	eventually(t, settleTime, func(ctx context.Context) error {
		found, err := j.Services(ctx)
		for _, service := range append(services(), "loadgen") {
			if err == nil && !slices.Contains(found, service) {
				err = fmt.Errorf("no traces of %s; there are those of %v", service, found)
			}
		}
		return err
	})
}

func TestRequestIsOneTraceAcrossServices(t *testing.T) {
	base, j := gateway(t), jaeger(t)
	for _, row := range []struct {
		name, method, target, body string
		status                     int
		edges                      []string
	}{
		{"wait", "GET", "/io/wait?ms=20", "", 200, []string{"gateway -> iobound"}},
		{"disk", "POST", "/io/disk?kb=4", "", 200, []string{"gateway -> iobound"}},
		{"spin", "PUT", "/cpu/spin?ms=2", "", 200, []string{"gateway -> cpubound"}},
		{"sequence", "GET", "/mixed/sequence?io_ms=5&cpu_ms=2", "", 200,
			[]string{"gateway -> mixed", "mixed -> iobound", "mixed -> cpubound"}},
		{"parallel", "GET", "/mixed/parallel?io_ms=5&cpu_ms=2", "", 200,
			[]string{"gateway -> mixed", "mixed -> iobound", "mixed -> cpubound"}},
		{"item", "POST", "/items", `{"name":"e2e","quantity":1}`, 201, []string{"gateway -> items"}},
	} {
		t.Run(row.name, func(t *testing.T) {
			id := traced(t, row.method, base+row.target, row.body, row.status)
			eventually(t, settleTime, func(ctx context.Context) error {
				spans, err := j.Trace(ctx, id)
				if err != nil {
					return err
				}
				return checkTrace(spans, row.edges)
			})
		})
	}
}

// checkTrace requires each edge, and on each server's span the split of its time.
func checkTrace(spans []observe.Span, edges []string) error {
	found := observe.Edges(spans)
	for _, edge := range edges {
		if found[edge] == 0 {
			return fmt.Errorf("no edge %s; there are %v", edge, found)
		}
	}
	for _, span := range spans {
		if span.Kind != serverKind {
			continue
		}
		for _, part := range []string{"lab.cpu_seconds", "lab.wait_seconds", "lab.queue_seconds"} {
			if span.Attributes[part] == "" {
				return fmt.Errorf("span %q of %s has no attribute %s", span.Name, span.Service, part)
			}
		}
		if !slices.Contains(span.Events, "split") {
			return fmt.Errorf("span %q of %s has no event split, but %v", span.Name, span.Service, span.Events)
		}
	}
	return nil
}

// OTLP's number for the span of a server.
const serverKind = 2

func TestCallHopsThroughTheNetwork(t *testing.T) {
	base, j := gateway(t), jaeger(t)
	id := traced(t, http.MethodGet, base+"/io/call?hops=3&ms=1", "", http.StatusOK)
	eventually(t, settleTime, func(ctx context.Context) error {
		spans, err := j.Trace(ctx, id)
		if err != nil {
			return err
		}
		served := 0
		for _, span := range spans {
			if span.Service == "iobound" && span.Kind == serverKind {
				served++
			}
		}
		if served < 3 {
			return fmt.Errorf("iobound served %d requests of the trace, not at least 3", served)
		}
		return nil
	})
}

func TestDatabaseIsInTheTrace(t *testing.T) {
	base, j := gateway(t), jaeger(t)
	id := traced(t, http.MethodGet, base+"/items?limit=2", "", http.StatusOK)
	eventually(t, settleTime, func(ctx context.Context) error {
		spans, err := j.Trace(ctx, id)
		if err != nil {
			return err
		}
		for _, span := range spans {
			if span.Service == "items" && (span.Attributes["db.system.name"] != "" || span.Attributes["db.system"] != "") {
				return nil
			}
		}
		return fmt.Errorf("none of the trace's %d spans is a database's", len(spans))
	})
}

func TestGeneratorStartsTraces(t *testing.T) {
	j := jaeger(t)
	eventually(t, 2*settleTime, func(ctx context.Context) error {
		spans, err := j.Find(ctx, "loadgen", "", time.Now().Add(-15*time.Minute), 20)
		if err != nil {
			return err
		}
		for edge := range observe.Edges(spans) {
			if strings.HasPrefix(edge, "loadgen -> ") {
				return nil
			}
		}
		return fmt.Errorf("no service is called by the generator in any of its traces")
	})
}
