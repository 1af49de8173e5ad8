package overhead_test

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/labstack/echo/v4"
	"go.opentelemetry.io/contrib/instrumentation/net/http/otelhttp"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracehttp"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"

	"loadlab/internal/app"
	"loadlab/internal/testkit"
	"loadlab/internal/web"
	"loadlab/services/iobound"
)

// roleVariable makes this test binary one of the servers that are compared.
const roleVariable = "OVERHEAD_ROLE"

func TestMain(m *testing.M) {
	role := os.Getenv(roleVariable)
	if role == "" {
		os.Exit(m.Run())
	}
	os.Exit(runServer(role))
}

func runServer(role string) int {
	ctx, stop := app.SignalContext(context.Background())
	defer stop()
	if role == "full" {
		return app.Run(ctx, nil, os.Stdout, os.Stderr, app.Instance{Builder: iobound.Builder(), Getenv: os.Getenv})
	}
	var handler http.Handler = bareEcho()
	if role == "otelhttp" {
		handler = withOTelHTTP(ctx, handler)
	}
	// With time limits as the service's: they are no telemetry, and cost a timer a request.
	server := &http.Server{
		Addr: os.Getenv("LISTEN_ADDR"), Handler: handler, ReadTimeout: 10 * time.Second, WriteTimeout: time.Minute, IdleTimeout: 2 * time.Minute,
	}
	context.AfterFunc(ctx, func() { _ = server.Close() })
	_ = server.ListenAndServe()
	return 0
}

type reply struct {
	Service  string    `json:"service"`
	Instance string    `json:"instance"`
	Method   string    `json:"method"`
	Route    string    `json:"route"`
	Work     web.Spent `json:"work"`
	Result   any       `json:"result"`
	TraceID  string    `json:"trace_id"`
}

type waited struct {
	Milliseconds float64 `json:"waited_ms"`
	Blocking     bool    `json:"blocking"`
}

// bareEcho does the same work and answers the same body as the service, with nothing around it.
func bareEcho() *echo.Echo {
	e := echo.New()
	e.GET("/io/wait", func(c echo.Context) error {
		d, err := time.ParseDuration(c.QueryParam("ms") + "ms")
		if err != nil {
			return echo.ErrBadRequest
		}
		timer := time.NewTimer(d)
		defer timer.Stop()
		select {
		case <-timer.C:
		case <-c.Request().Context().Done():
			return c.Request().Context().Err()
		}
		return c.JSON(http.StatusOK, reply{
			Service: "iobound", Instance: "vm:8081", Method: c.Request().Method, Route: "/io/wait",
			Work:    web.Spent{CPU: 0.041, Wait: 1.123, Queue: 0.202, Wall: 1.244, Clock: "thread"},
			Result:  waited{},
			TraceID: "555d486acb62b7fa9dbad52fdd965cc7",
		})
	})
	return e
}

// withOTelHTTP is what the trace middleware alone would cost if it were otelhttp's.
func withOTelHTTP(ctx context.Context, handler http.Handler) http.Handler {
	exporter, err := otlptracehttp.New(ctx, otlptracehttp.WithEndpointURL(os.Getenv("OTEL_EXPORTER_OTLP_ENDPOINT")+"/v1/traces"))
	if err != nil {
		panic(err)
	}
	provider := sdktrace.NewTracerProvider(sdktrace.WithBatcher(exporter),
		sdktrace.WithSampler(sdktrace.ParentBased(sdktrace.TraceIDRatioBased(0.01))))
	return otelhttp.NewHandler(handler, "server", otelhttp.WithTracerProvider(provider))
}

// leastShare is what the whole service must serve of a bare handler's requests
// for the same CPU time.
const leastShare = 0.70

// TestFullServiceAgainstBareEcho compares the CPU time that a request costs in
// a bare Echo process with that in the whole service: metrics, metering,
// traces at 1 % and an access log. The servers take turns, so that a change of
// the machine's speed meets all of them; the median of the rounds' ratios
// counts. It varies by a few hundredths between measurements of one build, and others
// on the machine lower it, so up to eight are made.
func TestFullServiceAgainstBareEcho(t *testing.T) {
	testkit.RequireQuiet(t)
	sink := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
	}))
	t.Cleanup(sink.Close)
	servers := map[string]*child{}
	for _, role := range []string{"bare", "full", "otelhttp"} {
		servers[role] = startChild(t, role, sink.URL)
		servers[role].drive(t, requests) // warm-up
	}
	var share float64
	for range tries {
		if share = compare(t, servers); share >= leastShare {
			return
		}
	}
	t.Errorf("the whole service serves %.2f of the requests per CPU-second of bare Echo, want at least %.2f", share, leastShare)
}

const (
	tries       = 8
	rounds      = 5
	connections = 64
	requests    = 150 * connections // in one turn of one server
)

// compare returns the whole service's share of bare Echo's requests per CPU-second.
func compare(t *testing.T, servers map[string]*child) float64 {
	t.Helper()
	ratios := map[string][]float64{}
	costs := map[string][]float64{}
	for range rounds {
		bare := servers["bare"].cost(t)
		costs["bare"] = append(costs["bare"], bare)
		for _, role := range []string{"full", "otelhttp"} {
			cost := servers[role].cost(t)
			costs[role] = append(costs[role], cost)
			ratios[role] = append(ratios[role], bare/cost)
		}
	}
	for _, role := range []string{"bare", "full", "otelhttp"} {
		t.Logf("%s: median %.1f µs of CPU a request", role, median(costs[role])*1e6)
	}
	t.Logf("requests per CPU-second against bare Echo: whole service %.2f, Echo with otelhttp alone %.2f",
		median(ratios["full"]), median(ratios["otelhttp"]))
	return median(ratios["full"])
}

func median(values []float64) float64 {
	sorted := slices.Sorted(slices.Values(values))
	return sorted[len(sorted)/2]
}

type child struct {
	address string
	pid     int
}

func startChild(t *testing.T, role, collector string) *child {
	t.Helper()
	address, admin := testkit.FreeAddress(t), testkit.FreeAddress(t)
	log, err := os.Create(t.TempDir() + "/log")
	if err != nil {
		t.Fatal(err)
	}
	command := exec.Command(os.Args[0])
	command.Env = append(os.Environ(), roleVariable+"="+role, "LISTEN_ADDR="+address, "ADMIN_ADDR="+admin,
		"OTEL_EXPORTER_OTLP_ENDPOINT="+collector, "OTEL_TRACES_SAMPLER_ARG=0.01")
	command.Stdout, command.Stderr = log, log
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = command.Process.Signal(syscall.SIGTERM)
		_ = command.Wait()
		_ = log.Close()
	})
	for deadline := time.Now().Add(10 * time.Second); ; {
		conn, err := net.Dial("tcp", address)
		if err == nil {
			_ = conn.Close()
			return &child{address: address, pid: command.Process.Pid}
		}
		if time.Now().After(deadline) {
			t.Fatalf("%s did not start: %v", role, err)
		}
		time.Sleep(20 * time.Millisecond)
	}
}

// cost is the server's CPU time a request, in seconds.
func (c *child) cost(t *testing.T) float64 {
	t.Helper()
	before := c.cpu(t)
	c.drive(t, requests)
	return (c.cpu(t) - before).Seconds() / float64(requests)
}

// drive sends n requests over all connections, each request after the reply to the last.
func (c *child) drive(t *testing.T, n int) {
	t.Helper()
	var group sync.WaitGroup
	for range connections {
		group.Go(func() {
			if err := c.driveOne(n / connections); err != nil {
				t.Error(err)
			}
		})
	}
	group.Wait()
}

func (c *child) driveOne(requests int) error {
	conn, err := net.Dial("tcp", c.address)
	if err != nil {
		return err
	}
	defer conn.Close()
	request := []byte("GET /io/wait?ms=1 HTTP/1.1\r\nHost: " + c.address + "\r\n\r\n")
	reader := bufio.NewReader(conn)
	for range requests {
		if _, err := conn.Write(request); err != nil {
			return err
		}
		response, err := http.ReadResponse(reader, nil)
		if err != nil {
			return err
		}
		if _, err := io.Copy(io.Discard, response.Body); err != nil {
			return err
		}
		if response.StatusCode != http.StatusOK {
			return fmt.Errorf("answered %s", response.Status)
		}
	}
	return nil
}

// cpu reads how long the process's threads have run, in nanoseconds: the first
// number of each thread's schedstat.
func (c *child) cpu(t *testing.T) time.Duration {
	t.Helper()
	files, err := os.ReadDir(fmt.Sprintf("/proc/%d/task", c.pid))
	if err != nil {
		t.Skip("needs Linux's /proc: ", err)
	}
	var total time.Duration
	for _, file := range files {
		text, err := os.ReadFile(fmt.Sprintf("/proc/%d/task/%s/schedstat", c.pid, file.Name()))
		if err != nil {
			continue // the thread has ended; the Go runtime keeps its own
		}
		var ran int64
		if _, err := fmt.Fscan(strings.NewReader(string(text)), &ran); err != nil {
			t.Fatal(err)
		}
		total += time.Duration(ran)
	}
	return total
}
