package integration

import (
	"context"
	"fmt"
	"io"
	"maps"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"loadlab/internal/testkit"
)

// What the caller has sent, what the metric counts, what the access log has and
// what is traced (at ratio 1) is the same number for every status.
func TestCountsAgree(t *testing.T) {
	collector := testkit.NewCollector(t)
	p := testkit.Start(t, "iobound", "OTEL_EXPORTER_OTLP_ENDPOINT="+collector.URL, "OTEL_TRACES_SAMPLER=always_on")
	sent := map[string]int{}
	var mu sync.Mutex
	var clients sync.WaitGroup
	for _, row := range []struct {
		status, method, target, body string
		times                        int
	}{
		{"200", "GET", "/io/wait?ms=1", "", 200},
		{"200", "POST", "/io/wait", `{"ms":1}`, 100},
		{"400", "PUT", "/io/wait?ms=NaN", "", 50},
		{"404", "GET", "/nowhere", "", 40},
		{"405", "PATCH", "/io/wait", "", 30},
		{"413", "POST", "/io/wait", strings.Repeat(" ", 1<<20), 5},
		{"499", "GET", "/io/wait?ms=50000", "", 10},
		{"504", "GET", "/io/wait?ms=50000", "", 10},
	} {
		clients.Go(func() {
			for range row.times {
				send(t, row.status, row.method, p.URL+row.target, row.body)
			}
			mu.Lock()
			defer mu.Unlock()
			sent[row.status] += row.times
		})
	}
	clients.Wait()
	awaitIdle(t, p)

	samples := testkit.Metrics(t, p.AdminURL+"/metrics")
	counted := map[string]int{}
	for status := range sent {
		counted[status] = samples.Count("http_server_request_duration_seconds", testkit.Labels{"http_response_status_code": status})
	}
	counted["all"], sent["all"] = samples.Count("http_server_request_duration_seconds", nil), sum(sent)
	if code := p.Stop(); code != 0 {
		t.Errorf("exit code %d", code)
	}
	logged, traced := map[string]int{}, map[string]int{}
	for _, line := range testkit.Messages(p.Log(), "request") {
		logged[fmt.Sprint(line["status"])]++
	}
	for _, span := range collector.Spans() {
		traced[span.Attrs["http.response.status_code"]]++
	}
	logged["all"], traced["all"] = sum(logged), sum(traced)
	for name, got := range map[string]map[string]int{"counted": counted, "logged": logged, "traced": traced} {
		if !maps.Equal(got, sent) {
			t.Errorf("sent %v, %s %v", sent, name, got)
		}
	}
}

func sum(counts map[string]int) int {
	total := 0
	for _, n := range counts {
		total += n
	}
	return total
}

// send sends one request whose answer must have the status. For 499 it leaves
// before the answer; for 504 it gives the request 20 ms.
func send(t *testing.T, status, method, url, body string) {
	ctx := t.Context()
	if status == "499" {
		short, cancel := context.WithTimeout(ctx, 30*time.Millisecond)
		defer cancel()
		ctx = short
	}
	request, err := http.NewRequestWithContext(ctx, method, url, strings.NewReader(body))
	if err != nil {
		t.Error(err)
		return
	}
	if body != "" {
		request.Header.Set("Content-Type", "application/json")
	}
	if status == "504" {
		request.Header.Set("X-Request-Timeout-Ms", "20")
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		if status != "499" {
			t.Errorf("%s %s: %v", method, url, err)
		}
		return
	}
	defer response.Body.Close()
	_, _ = io.Copy(io.Discard, response.Body)
	if got := fmt.Sprint(response.StatusCode); got != status {
		t.Errorf("%s %s: status %s, want %s", method, url, got, status)
	}
}

// awaitIdle waits until requests that were abandoned have ended too.
func awaitIdle(t *testing.T, p *testkit.Process) {
	t.Helper()
	for deadline := time.Now().Add(10 * time.Second); ; time.Sleep(5 * time.Millisecond) {
		if testkit.Metrics(t, p.AdminURL+"/metrics").Sum("http_server_active_requests", nil) == 0 {
			return
		}
		if time.Now().After(deadline) {
			t.Fatal("requests stay active")
		}
	}
}
