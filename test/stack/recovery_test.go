package stack

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"loadlab/internal/testkit"
)

// works returns an error unless a part does what it is for; Prometheus and Jaeger have data since the time.
func (c *composition) works(ctx context.Context, part string, since time.Time) error {
	switch part {
	case "prometheus":
		return c.hasValue(ctx, fmt.Sprintf(`count(timestamp(up{job=~"%[1]s"}) > %[2]f and up{job=~"%[1]s"} == 1) == %[3]d`,
			strings.Join(services(), "|"), float64(since.UnixMilli())/1000, len(services())))
	case "jaeger":
		_, err := c.jaeger().Find(ctx, "iobound", "", since, 1)
		return err
	case "console":
		for _, path := range []string{"/", "/prometheus/api/v1/query?query=up", "/traces/api/v3/services", "/generator/api/v1/run"} {
			if status, body, err := c.fromConsole(ctx, path); err != nil || status != http.StatusOK {
				return errors.Join(err, fmt.Errorf("%s: %d %.300s", path, status, body))
			}
		}
		return nil
	case "loadgen":
		return c.generatorSucceeds(ctx)
	}
	return c.hasValue(ctx, fmt.Sprintf("up{job=%q} == 1", part))
}

// generatorSucceeds waits for a second of the run in which more requests succeeded than failed.
func (c *composition) generatorSucceeds(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, c.url("CONSOLE_PORT")+"/generator/api/v1/run/events", http.NoBody)
	if err != nil {
		return err
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	lines := bufio.NewScanner(response.Body)
	for lines.Scan() {
		data, ok := bytes.CutPrefix(lines.Bytes(), []byte("data: "))
		var second struct{ Completed, Failed uint64 }
		if ok && json.Unmarshal(data, &second) == nil && second.Completed > second.Failed {
			return nil
		}
	}
	return errors.Join(lines.Err(), fmt.Errorf("no request of the generator succeeds: %s", response.Status))
}

// unstored is how many spans the services behind the gateway have counted as not stored. A
// process that is killed takes its count with it.
func (c *composition) unstored(t *testing.T) float64 {
	t.Helper()
	sum := 0.0
	for _, service := range []string{"iobound", "cpubound", "mixed", "items"} {
		samples := testkit.Metrics(t, c.admin(t, service)+"/metrics")
		sum += samples.Sum("lab_spans_total", testkit.Labels{"result": "failed"}) + samples.Sum("lab_spans_total", testkit.Labels{"result": "dropped"})
	}
	return sum
}

// countsSpans returns an error unless the services that have one span for each
// request have counted as many spans as requests, of which all are traced.
func (c *composition) countsSpans(t *testing.T) error {
	t.Helper()
	for _, service := range []string{"iobound", "cpubound"} {
		samples := testkit.Metrics(t, c.admin(t, service)+"/metrics")
		spans := samples.Sum("lab_spans_total", nil) + samples.Sum("lab_spans_queued", nil)
		if requests := samples.Count("http_server_request_duration_seconds", nil); spans != float64(requests) || requests == 0 {
			return fmt.Errorf("%s has counted %.0f spans of %d requests", service, spans, requests)
		}
	}
	return nil
}
