package e2e

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"loadlab/test/observe"
)

// tourTime covers one round through the phases of the tour.
const tourTime = 4 * time.Minute

// settleTime covers a scrape, a flush of spans and a busy machine.
const settleTime = 30 * time.Second

// address is the value of a variable. Without one the test is skipped, or fails
// where LAB_REQUIRE=1 says that nothing may be skipped.
func address(t *testing.T, variable string) string {
	t.Helper()
	value := strings.TrimSuffix(os.Getenv(variable), "/")
	if value != "" {
		return value
	}
	if os.Getenv("LAB_REQUIRE") == "1" {
		t.Fatalf("%s is not set, and LAB_REQUIRE=1 lets no test be skipped", variable)
	}
	t.Skipf("needs a running lab: %s is not set", variable)
	return ""
}

func gateway(t *testing.T) string { return address(t, "E2E_GATEWAY_URL") }

func console(t *testing.T) string { return address(t, "E2E_CONSOLE_URL") }

func prometheus(t *testing.T) observe.Prometheus {
	return observe.Prometheus(address(t, "E2E_PROMETHEUS_URL"))
}

func jaeger(t *testing.T) observe.Jaeger { return observe.Jaeger(address(t, "E2E_JAEGER_URL")) }

// services are those behind the gateway and itself.
func services() []string { return []string{"gateway", "iobound", "cpubound", "mixed", "items"} }

// eventually fails the test unless try succeeds within the time.
func eventually(t *testing.T, within time.Duration, try func(context.Context) error) {
	t.Helper()
	if err := observe.Eventually(t.Context(), within, try); err != nil {
		t.Error(err)
	}
}

// calm pauses the load until the test ends, and waits for the requests in flight:
// the tour overloads the lab in one of its phases.
func calm(t *testing.T) {
	t.Helper()
	control := console(t)
	command(t, control, "pause")
	t.Cleanup(func() { command(t, control, "resume") })
	time.Sleep(quiet)
}

// quiet covers the longest request of the tour and two scrapes.
const quiet = 8 * time.Second

// traced sends a request that every service must record, and returns its trace's
// identifier. What an overloaded lab refuses is sent again, in a new trace; any
// other status than want fails the test.
func traced(t *testing.T, method, url, body string, want int) string {
	t.Helper()
	for began := time.Now(); ; time.Sleep(time.Second) {
		trace, status := tracedOnce(t, method, url, body)
		if status == want {
			return trace
		}
		if status != http.StatusServiceUnavailable || time.Since(began) > tourTime {
			t.Fatalf("%s %s: status %d, not %d", method, url, status, want)
		}
	}
}

func tracedOnce(t *testing.T, method, url, body string) (trace string, status int) {
	t.Helper()
	var id [24]byte
	rand.Read(id[:]) // it never fails
	trace = hex.EncodeToString(id[:16])
	request, err := http.NewRequestWithContext(t.Context(), method, url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Traceparent", fmt.Sprintf("00-%s-%s-01", trace, hex.EncodeToString(id[16:])))
	if body != "" {
		request.Header.Set("Content-Type", "application/json")
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	if _, err := io.Copy(io.Discard, response.Body); err != nil {
		t.Fatal(err)
	}
	return trace, response.StatusCode
}
