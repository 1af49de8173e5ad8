package testkit

import (
	"context"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"testing"
	"time"

	metricsservice "go.opentelemetry.io/proto/otlp/collector/metrics/v1"
	collectorpb "go.opentelemetry.io/proto/otlp/collector/trace/v1"
	metricspb "go.opentelemetry.io/proto/otlp/metrics/v1"
	"google.golang.org/grpc"
	_ "google.golang.org/grpc/encoding/gzip" // what the exporters compress with
	"google.golang.org/grpc/metadata"
)

// Export is one request to a collector.
type Export struct {
	Path   string // of a URL, or the method of gRPC
	Header http.Header
}

func (c *Collector) note(e Export) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.requests = append(c.requests, e)
}

// Exports returns the requests received so far.
func (c *Collector) Exports() []Export {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Clone(c.requests)
}

func (c *Collector) keepMetrics(request *metricsservice.ExportMetricsServiceRequest) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.metrics = append(c.metrics, request.GetResourceMetrics()...)
}

// Metrics returns the metrics received so far, one element for each export.
func (c *Collector) Metrics() []*metricspb.ResourceMetrics {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Clone(c.metrics)
}

// WaitForMetrics returns the metrics as soon as there are some, and fails the
// test when there are none within a minute.
func (c *Collector) WaitForMetrics(t testing.TB) []*metricspb.ResourceMetrics {
	t.Helper()
	for deadline := time.Now().Add(time.Minute); ; time.Sleep(pollEvery) {
		if found := c.Metrics(); len(found) > 0 {
			return found
		}
		if time.Now().After(deadline) {
			t.Fatal("no metrics arrived")
		}
	}
}

// ServeTLS makes the collector answer at another URL too, which is https and
// whose certificate only the server's own client trusts.
func (c *Collector) ServeTLS(t testing.TB) *httptest.Server {
	t.Helper()
	server := httptest.NewTLSServer(c.handler(t))
	t.Cleanup(server.Close)
	return server
}

// ServeGRPC makes the collector take OTLP over gRPC too, and returns its base URL.
func (c *Collector) ServeGRPC(t testing.TB) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	server := grpc.NewServer(grpc.UnaryInterceptor(func(ctx context.Context, request any, info *grpc.UnaryServerInfo, next grpc.UnaryHandler) (any, error) {
		header := http.Header{}
		given, _ := metadata.FromIncomingContext(ctx)
		for name, values := range given {
			header[http.CanonicalHeaderKey(name)] = values
		}
		c.note(Export{Path: info.FullMethod, Header: header})
		return next(ctx, request)
	}))
	collectorpb.RegisterTraceServiceServer(server, traceService{Collector: c})
	metricsservice.RegisterMetricsServiceServer(server, metricsService{Collector: c})
	go func() { _ = server.Serve(listener) }() // ends with Stop
	t.Cleanup(server.Stop)
	return "http://" + listener.Addr().String()
}

type traceService struct {
	collectorpb.UnimplementedTraceServiceServer
	*Collector
}

// Export implements the collector's service.
func (s traceService) Export(_ context.Context, request *collectorpb.ExportTraceServiceRequest) (*collectorpb.ExportTraceServiceResponse, error) {
	s.keepSpans(request)
	return &collectorpb.ExportTraceServiceResponse{}, nil
}

type metricsService struct {
	metricsservice.UnimplementedMetricsServiceServer
	*Collector
}

// Export implements the collector's service.
func (s metricsService) Export(_ context.Context, request *metricsservice.ExportMetricsServiceRequest) (*metricsservice.ExportMetricsServiceResponse, error) {
	s.keepMetrics(request)
	return &metricsservice.ExportMetricsServiceResponse{}, nil
}
