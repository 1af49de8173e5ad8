package runtimes

import (
	"fmt"
	"io"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	dto "github.com/prometheus/client_model/go"

	"loadlab/internal/testkit"
)

const duration = "http_server_request_duration_seconds"

// Sent = counted, by method, route and status.
func TestSentIsCounted(t *testing.T) {
	eachSubject(t, func(t *testing.T, s *subject) {
		route := s.wait
		if route == "" {
			route = s.spin
		}
		path := route[strings.LastIndex(route, ":")+6:]
		// Other tests may have used a server that runs already.
		before := count(testkit.Metrics(t, s.metrics))
		sent := map[string]int{}
		for i, method := range slices.Concat(methods, methods, methods[:2]) {
			for _, row := range []struct {
				url, route string
				status     int
			}{
				{route + "?ms=1", path, 200}, {route + "?ms=-1", path, 400}, {route + "/further", "unmatched", 404},
			} {
				for range i + 1 {
					if r := send(t, method, row.url, ""); r.status != row.status {
						t.Fatalf("%s %s: status %d", method, row.url, r.status)
					}
					sent[fmt.Sprint(method, " ", row.route, " ", row.status)]++
				}
			}
		}
		if r := send(t, http.MethodPatch, route, ""); r.status != http.StatusMethodNotAllowed {
			t.Errorf("PATCH: status %d", r.status)
		}
		sent["PATCH unmatched 405"]++
		// A reply may be with the client before it is counted.
		var counted map[string]int
		for deadline := time.Now().Add(30 * time.Second); sum(counted) < sum(sent) && time.Now().Before(deadline); time.Sleep(5 * time.Millisecond) {
			counted = since(before, count(testkit.Metrics(t, s.metrics)))
		}
		maps.DeleteFunc(counted, func(key string, n int) bool {
			equal := n == sent[key]
			if equal {
				delete(sent, key)
			}
			return equal
		})
		if len(sent)+len(counted) > 0 {
			t.Errorf("sent %v, counted %v; the others are equal", sent, counted)
		}
	})
}

func count(samples testkit.Samples) map[string]int {
	counted := map[string]int{}
	for _, metric := range samples.Select(duration, nil) {
		labels := labelsOf(metric)
		key := strings.Join([]string{labels["http_request_method"], labels["http_route"], labels["http_response_status_code"]}, " ")
		counted[key] += int(metric.GetHistogram().GetSampleCount())
	}
	maps.DeleteFunc(counted, func(_ string, n int) bool { return n == 0 })
	return counted
}

// since are the counts of now without those of before.
func since(before, now map[string]int) map[string]int {
	for key, n := range before {
		now[key] -= n
	}
	maps.DeleteFunc(now, func(_ string, n int) bool { return n == 0 })
	return now
}

func sum(counts map[string]int) (all int) {
	for _, n := range counts {
		all += n
	}
	return all
}

func labelsOf(metric *dto.Metric) map[string]string {
	labels := map[string]string{}
	for _, pair := range metric.GetLabel() {
		labels[pair.GetName()] = pair.GetValue()
	}
	return labels
}

// The dashboards read every server in the same way: names, labels and bounds are those of the lab's services.
func TestMetricsAreThoseOfTheServices(t *testing.T) {
	p := testkit.Start(t, "iobound")
	send(t, http.MethodGet, p.URL+"/io/wait?ms=0", "")
	want := shapes(testkit.Metrics(t, p.AdminURL+"/metrics"))
	eachRuntime(t, func(t *testing.T, s *subject) {
		send(t, http.MethodGet, s.spin+"?ms=50", "")
		samples := testkit.Metrics(t, s.metrics)
		got := shapes(samples)
		for name, shape := range want {
			if got[name] != shape {
				t.Errorf("%s is %q, want %q", name, got[name], shape)
			}
		}
		eventually(t, "it measures the lag of its loop", func() bool {
			return testkit.Metrics(t, s.metrics).Count("lab_event_loop_lag_seconds", nil) > 0
		})
		if samples.Sum("process_resident_memory_bytes", nil) < 1<<20 || samples.Sum("process_cpu_seconds_total", nil) <= 0 {
			t.Error("no memory or no CPU time")
		}
	})
}

// A dashboard that filters by a label reads every server alike.
func TestMetricsLabelsHaveTheValuesOfTheServices(t *testing.T) {
	known := []string{"CONNECT", "DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT", "TRACE", "_OTHER"}
	eachSubject(t, func(t *testing.T, s *subject) {
		route := s.wait
		if route == "" {
			route = s.spin
		}
		before := count(testkit.Metrics(t, s.metrics))
		for _, method := range []string{http.MethodGet, http.MethodHead, http.MethodTrace, "PROPFIND", http.MethodPost} {
			chunked(t, method, route+"?ms=0") // asyncio refuses the POST with 501, as the Go servers do PROPFIND
		}
		eventually(t, "all are counted", func() bool { return sum(since(before, count(testkit.Metrics(t, s.metrics)))) >= 5 })
		samples := testkit.Metrics(t, s.metrics)
		var methods []string
		for _, metric := range samples.Select(duration, nil) {
			labels := labelsOf(metric)
			methods = append(methods, labels["http_request_method"])
			failed := ""
			if status := labels["http_response_status_code"]; status >= "500" {
				failed = status
			}
			if labels["error_type"] != failed || labels["url_scheme"] != "http" {
				t.Errorf("a duration has the labels %v", labels)
			}
			if labels["http_response_status_code"] == "200" && labels["http_route"] == "unmatched" {
				t.Errorf("an answered request has the labels %v", labels)
			}
		}
		for _, method := range []string{"GET", "HEAD", "POST", "TRACE", "_OTHER"} {
			if !slices.Contains(methods, method) {
				t.Errorf("no request is counted as %s: %v", method, methods)
			}
		}
		methods = nil
		for _, metric := range samples.Select("http_server_active_requests", testkit.Labels{"http_route": "unmatched", "url_scheme": "http"}) {
			methods = append(methods, labelsOf(metric)["http_request_method"])
		}
		if slices.Sort(methods); !slices.Equal(methods, known) {
			t.Errorf("requests in progress without a route are of the methods %v, want %v", methods, known)
		}
	})
}

// chunked sends a request whose body, if it is a POST, has no length, and does not read the reply.
func chunked(t *testing.T, method, url string) {
	t.Helper()
	var body io.Reader
	if method == http.MethodPost {
		body = io.MultiReader(strings.NewReader(`{}`))
	}
	request, err := http.NewRequestWithContext(t.Context(), method, url, body)
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Content-Type", "application/json")
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	_ = response.Body.Close()
}

// shapes describes type, labels and bounds of the metrics that all servers share.
func shapes(samples testkit.Samples) map[string]string {
	found := map[string]string{}
	for _, name := range []string{duration, "http_server_active_requests", "process_cpu_seconds_total", "process_resident_memory_bytes"} {
		for _, metric := range samples.Select(name, nil) {
			var bounds []string
			for _, bucket := range metric.GetHistogram().GetBucket() {
				if bound := fmt.Sprint(bucket.GetUpperBound()); bound != "+Inf" {
					bounds = append(bounds, bound)
				}
			}
			labels := slices.Sorted(maps.Keys(labelsOf(metric)))
			found[name] = fmt.Sprint(samples[name].GetType(), labels, bounds)
		}
	}
	return found
}

func TestRequestsInProgressAreCounted(t *testing.T) {
	eachRuntime(t, func(t *testing.T, s *subject) {
		inProgress := func() [2]float64 { // of the route, and of all
			samples := testkit.Metrics(t, s.metrics)
			const name = "http_server_active_requests"
			return [2]float64{samples.Sum(name, testkit.Labels{"http_route": "/wait"}), samples.Sum(name, nil)}
		}
		before := inProgress()
		for _, ended := range []string{s.wait + "?ms=0", s.wait + "?ms=-1", s.wait + "/missing"} {
			send(t, http.MethodGet, ended, "")
		}
		for range 3 {
			go func() { _, _ = try(t, http.MethodGet, s.wait+"?ms=60000", "") }() // ends with the test
		}
		eventually(t, "three more are in progress", func() bool {
			return inProgress() == [2]float64{before[0] + 3, before[1] + 3}
		})
	})
}
