package testkit

import (
	"context"
	"crypto/tls"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
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

// ClientCertificate is the header of an Export at the URL of ServeTLS whose
// client had a certificate.
const ClientCertificate = "X-Client-Certificate"

// ServeTLS makes the collector take OTLP over HTTP and gRPC at another URL too,
// which is https and whose certificate only the server's own client trusts.
func (c *Collector) ServeTLS(t testing.TB) *httptest.Server {
	t.Helper()
	plain, remote := c.handler(t), c.services()
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if c.held.Load() {
			_, _ = io.Copy(io.Discard, r.Body) // net/http notices a client that leaves only then
			<-r.Context().Done()
			c.abandoned.Add(1)
			return
		}
		if len(r.TLS.PeerCertificates) > 0 {
			r.Header.Set(ClientCertificate, "given")
		}
		if !strings.HasPrefix(r.Header.Get("Content-Type"), "application/grpc") {
			plain.ServeHTTP(w, r)
			return
		}
		if encoding := r.Header.Get("Grpc-Encoding"); encoding != "" {
			r.Header.Set("Content-Encoding", encoding) // gRPC keeps its own header to itself
		}
		remote.ServeHTTP(w, r)
	}))
	server.EnableHTTP2 = true
	server.TLS = &tls.Config{ClientAuth: tls.RequestClientCert}
	server.StartTLS()
	t.Cleanup(server.Close)
	return server
}

// Hold leaves exports to the URL of ServeTLS without an answer, until it is
// called with false.
func (c *Collector) Hold(held bool) { c.held.Store(held) }

// Abandoned is the number of exports whose client gave up: held ones, and those
// that it had not sent whole.
func (c *Collector) Abandoned() int { return int(c.abandoned.Load()) }

// ServeGRPC makes the collector take OTLP over gRPC too, and returns its base URL.
func (c *Collector) ServeGRPC(t testing.TB) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	server := c.services()
	go func() { _ = server.Serve(listener) }() // ends with Stop
	t.Cleanup(server.Stop)
	return "http://" + listener.Addr().String()
}

// services are the collector's of gRPC.
func (c *Collector) services() *grpc.Server {
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
	return server
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
