package stack

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"loadlab/internal/testkit"
	"loadlab/test/observe"
)

// behind are the services without the generator.
func behind() []string { return services()[:5] }

// requestLines are the lines that the service has logged of requests.
func (c *composition) requestLines(t *testing.T, service string) []map[string]any {
	t.Helper()
	return testkit.Messages(testkit.ParseLog(t, c.run(t, "logs", "--no-color", "--no-log-prefix", service)), "request")
}

// checkLogs requires the page's address among the lines of the attached containers, one
// JSON object a line of the services, and on each request's line its trace.
func checkLogs(t *testing.T, c *composition) {
	user := *c
	user.files = []string{"docker-compose.yml"} // with a project's name alone Compose does not know what is attached
	if attached := user.run(t, "logs", "--no-color"); !strings.Contains(attached, "console: "+c.url("CONSOLE_PORT")+"\n") || strings.Contains(attached, "trace_id") {
		t.Errorf("the attached containers do not show where the page is, or show requests: %s", last(attached))
	}
	for _, service := range behind() {
		eventually(t, tourTime, func(context.Context) error {
			requests := c.requestLines(t, service)
			if len(requests) == 0 {
				return fmt.Errorf("%s has logged no request", service)
			}
			for _, line := range requests {
				if id, _ := line["trace_id"].(string); len(id) != 32 {
					return fmt.Errorf("%s: a request without trace_id: %v", service, line)
				}
			}
			return nil
		})
	}
}

// checkCounts requires as many lines in each log as the service counts requests.
// The generator is paused at both ends, so that nothing is on its way then.
func checkCounts(t *testing.T, c *composition) {
	defer c.steer(t, "resume")
	read := func() (counted, logged map[string]float64) {
		t.Helper()
		c.steer(t, "pause")
		time.Sleep(quiet)
		counted, logged = map[string]float64{}, map[string]float64{}
		for _, service := range behind() {
			series, err := c.prometheus().Query(t.Context(), fmt.Sprintf(`sum(http_server_request_duration_seconds_count{job=%q})`, service))
			if err != nil || len(series) != 1 {
				t.Fatalf("%d counts of %s: %v", len(series), service, err)
			}
			counted[service], logged[service] = series[0].Last(), float64(len(c.requestLines(t, service)))
		}
		return counted, logged
	}
	countedBefore, loggedBefore := read()
	c.steer(t, "resume")
	for _, target := range []string{"/io/wait?ms=5", "/cpu/spin?ms=2", "/mixed/parallel?io_ms=5&cpu_ms=2", "/items?limit=1", "/io/wait?ms=wrong"} {
		if _, err := c.status(t.Context(), target); err != nil {
			t.Fatal(err)
		}
	}
	time.Sleep(5 * time.Second)
	counted, logged := read()
	for _, service := range behind() {
		inMetrics, inLog := counted[service]-countedBefore[service], logged[service]-loggedBefore[service]
		if inMetrics != inLog || inLog == 0 {
			t.Errorf("%s counts %.0f requests and logs %.0f", service, inMetrics, inLog)
		}
	}
}

// quiet covers the longest request of the tour and two scrapes.
const quiet = 8 * time.Second

// tourTime covers one round through the phases of the tour.
const tourTime = 4 * time.Minute

// steer sends pause or resume to the generator.
func (c *composition) steer(t *testing.T, command string) {
	t.Helper()
	if err := observe.Steer(context.WithoutCancel(t.Context()), c.url("CONSOLE_PORT"), command); err != nil {
		t.Error(err)
	}
}
