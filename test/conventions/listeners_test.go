package conventions

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"os/exec"
	"regexp"
	"strings"
	"testing"
	"time"

	dto "github.com/prometheus/client_model/go"
	"github.com/prometheus/common/expfmt"

	"loadlab/internal/testkit"
)

// scraped is the answer of one listener.
type scraped struct {
	header http.Header
	body   []byte
}

func scrape(t *testing.T, url, accept, encoding string) scraped {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Accept", accept)
	request.Header.Set("Accept-Encoding", encoding)
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil || response.StatusCode != http.StatusOK {
		t.Fatalf("scrape %s: %s %v", url, response.Status, err)
	}
	return scraped{response.Header, body}
}

// listeners starts a lab and a console, and returns where each process has its
// metrics: those that the lab's Prometheus scrapes, and the console's.
func listeners(t *testing.T) map[string]string {
	t.Helper()
	environment := []string{"TMPDIR=" + t.TempDir(), "LOADGEN_SCENARIO=steady", "LOADGEN_RATE=2"}
	for _, name := range []string{"CONSOLE", "GATEWAY", "IOBOUND", "CPUBOUND", "MIXED", "ITEMS", "LOADGEN", "PROMETHEUS", "JAEGER", "OTLP"} {
		environment = append(environment, name+"_PORT=0")
	}
	lab := testkit.Launch(t, "lab", nil, environment...)
	t.Cleanup(func() { lab.Stop() })
	at := testkit.FreeAddress(t)
	testkit.Launch(t, "console", nil, "CONSOLE_ADDR="+at)
	all := map[string]string{"console": "http://" + at + "/metrics"}
	prometheus := regexp.MustCompile(`(http://\S+)/api/v1 +Prometheus`)
	for deadline := time.Now().Add(2 * time.Minute); ; time.Sleep(100 * time.Millisecond) {
		if found := prometheus.FindStringSubmatch(lab.Stdout()); found != nil && up(all["console"]) {
			if targets := healthy(found[1]); len(targets) == 7 {
				for job, url := range targets {
					all[job] = url
				}
				return all
			}
		}
		if time.Now().After(deadline) || lab.Ended() {
			t.Fatalf("the lab did not come up: %s", lab.Stdout())
		}
	}
}

func up(url string) bool {
	response, err := http.Get(url)
	if err != nil {
		return false
	}
	_ = response.Body.Close()
	return response.StatusCode == http.StatusOK
}

// healthy are the addresses of the targets whose last scrape was answered, by job.
func healthy(prometheus string) map[string]string {
	response, err := http.Get(prometheus + "/api/v1/targets")
	if err != nil {
		return nil
	}
	defer response.Body.Close()
	var reply struct {
		Data struct {
			ActiveTargets []struct {
				ScrapeURL, Health string
				Labels            map[string]string
			}
		}
	}
	if json.NewDecoder(response.Body).Decode(&reply) != nil {
		return nil
	}
	found := map[string]string{}
	for _, target := range reply.Data.ActiveTargets {
		if target.Health == "up" {
			found[target.Labels["job"]] = target.ScrapeURL
		}
	}
	return found
}

func TestEveryListenerSpeaksPrometheus(t *testing.T) {
	for job, url := range listeners(t) {
		t.Run(job, func(t *testing.T) {
			t.Run("text that promtool accepts", func(t *testing.T) {
				testkit.Require(t, "promtool")
				page := scrape(t, url, "text/plain", "identity")
				check := exec.CommandContext(t.Context(), "promtool", "check", "metrics")
				check.Stdin = bytes.NewReader(page.body)
				out, err := check.CombinedOutput()
				if complaints := aboutOurs(string(out)); err != nil && complaints != "" {
					t.Errorf("promtool: %v\n%s", err, complaints)
				}
			})
			t.Run("OpenMetrics", func(t *testing.T) {
				page := scrape(t, url, "application/openmetrics-text; version=1.0.0", "identity")
				if got := page.header.Get("Content-Type"); !strings.HasPrefix(got, "application/openmetrics-text; version=1.0.0") {
					t.Errorf("content type %s", got)
				}
				if text := string(page.body); !strings.HasSuffix(text, "# EOF\n") || !strings.Contains(text, "\nprocess_cpu_seconds_created ") {
					t.Errorf("no end or no time of creation in:\n%.2000s", text)
				}
			})
			t.Run("gzip", func(t *testing.T) {
				if got := scrape(t, url, "text/plain", "gzip").header.Get("Content-Encoding"); got != "gzip" {
					t.Errorf("content encoding %q", got)
				}
			})
			t.Run("protobuf", func(t *testing.T) {
				checkFamilies(t, scrape(t, url, string(expfmt.NewFormat(expfmt.TypeProtoDelim)), "identity"))
			})
		})
	}
}

// aboutOurs leaves out complaints about the metrics of Prometheus's own server,
// which the lab runs.
func aboutOurs(complaints string) string {
	var kept []string
	for line := range strings.Lines(complaints) {
		if !strings.HasPrefix(line, "prometheus_") {
			kept = append(kept, line)
		}
	}
	return strings.Join(kept, "")
}

// checkFamilies wants one target_info, and a time of creation of all that counts.
func checkFamilies(t *testing.T, page scraped) {
	t.Helper()
	format := expfmt.ResponseFormat(page.header)
	if format.FormatType() != expfmt.TypeProtoDelim {
		t.Fatalf("content type %s", format)
	}
	var about []*dto.Metric
	for decoder := expfmt.NewDecoder(bytes.NewReader(page.body), format); ; {
		family := &dto.MetricFamily{}
		if err := decoder.Decode(family); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			t.Fatal(err)
		}
		if family.GetName() == "target_info" {
			about = family.GetMetric()
		}
		for _, m := range family.GetMetric() {
			undated := m.GetCounter() != nil && m.GetCounter().GetCreatedTimestamp() == nil ||
				m.GetHistogram() != nil && m.GetHistogram().GetCreatedTimestamp() == nil ||
				m.GetSummary() != nil && m.GetSummary().GetCreatedTimestamp() == nil
			if undated {
				t.Errorf("%s has no time of creation", family.GetName())
			}
		}
	}
	if len(about) != 1 || about[0].GetGauge().GetValue() != 1 {
		t.Fatalf("target_info is %v, want one series of 1", about)
	}
	labels := map[string]string{}
	for _, pair := range about[0].GetLabel() {
		labels[pair.GetName()] = pair.GetValue()
	}
	for _, name := range []string{"service_name", "service_version", "service_namespace", "telemetry_sdk_language"} {
		if labels[name] == "" {
			t.Errorf("target_info %v has no %s", labels, name)
		}
	}
}
