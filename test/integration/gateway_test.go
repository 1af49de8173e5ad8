package integration

import (
	"net/http"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"loadlab/internal/testkit"
)

// TestNoRequestIsLostOnSIGTERM ends the gateway under load. Every request that
// it accepted must be answered; only connecting may fail.
func TestNoRequestIsLostOnSIGTERM(t *testing.T) {
	waiting := testkit.Start(t, "iobound")
	door := testkit.Start(t, "gateway", "IOBOUND_URL="+waiting.URL)
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 32}}
	t.Cleanup(client.CloseIdleConnections)

	var answered atomic.Int64
	var clients sync.WaitGroup
	stop := make(chan struct{})
	for range 16 {
		clients.Go(func() {
			for {
				response, err := client.Get(door.URL + "/io/wait?ms=20")
				if err != nil {
					select {
					case <-stop: // the listener is closed: this connection was never accepted
					default:
						t.Errorf("a request before the signal was lost: %v", err)
					}
					return
				}
				_ = response.Body.Close()
				if response.StatusCode != http.StatusOK {
					t.Errorf("answered %s", response.Status)
				}
				answered.Add(1)
			}
		})
	}
	for deadline := time.Now().Add(20 * time.Second); answered.Load() < 200; time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("the load does not run")
		}
	}
	close(stop)
	door.Signal(syscall.SIGTERM)
	if code := door.Wait().ExitCode(); code != 0 {
		t.Errorf("the gateway ended with %d", code)
	}
	clients.Wait()
	logged := testkit.Messages(door.Log(), "request")
	if int64(len(logged)) != answered.Load() {
		t.Errorf("the gateway logged %d requests, its clients were answered %d", len(logged), answered.Load())
	}
	for _, line := range logged {
		if line["status"] != float64(http.StatusOK) {
			t.Errorf("logged %v", line)
		}
	}
}

// TestTheDeadlineStopsTheService spends the gateway's budget, and looks at the service.
func TestTheDeadlineStopsTheService(t *testing.T) {
	computing := testkit.Start(t, "cpubound")
	door := testkit.Start(t, "gateway", "CPUBOUND_URL="+computing.URL, "CPU_TIMEOUT=50ms", "RETRY_MAX=0")
	response, err := http.Get(door.URL + "/cpu/spin?ms=10000")
	if err != nil {
		t.Fatal(err)
	}
	_ = response.Body.Close()
	if response.StatusCode != http.StatusGatewayTimeout {
		t.Errorf("answered %s", response.Status)
	}
	route := testkit.Labels{"http_route": "/cpu/spin"}
	for deadline := time.Now().Add(5 * time.Second); ; time.Sleep(5 * time.Millisecond) {
		samples := testkit.Metrics(t, computing.AdminURL+"/metrics")
		// Its own deadline and the closed connection come within a millisecond.
		stopped := samples.Sum("lab_abandoned_requests_total", route) + float64(samples.Count("http_server_request_duration_seconds",
			testkit.Labels{"http_route": "/cpu/spin", "http_response_status_code": "504"}))
		if stopped >= 1 && samples.Sum("http_server_active_requests", route) == 0 {
			return
		}
		if time.Now().After(deadline) {
			t.Fatal("the service goes on computing")
		}
	}
}
