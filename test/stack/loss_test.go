package stack

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"loadlab/test/observe"
)

// routes have one request of each service behind the gateway.
func routes() map[string]string {
	return map[string]string{
		"iobound":  "/io/wait?ms=5",
		"cpubound": "/cpu/spin?ms=2",
		"items":    "/items?limit=1",
	}
}

// status is that of the reply to a GET through the gateway.
func (c *composition) status(ctx context.Context, target string) (int, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, c.url("GATEWAY_PORT")+target, http.NoBody)
	if err != nil {
		return 0, err
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return 0, err
	}
	defer response.Body.Close()
	return response.StatusCode, nil
}

// wantStatus returns an error unless the reply has the status.
func (c *composition) wantStatus(ctx context.Context, target string, want int) error {
	got, err := c.status(ctx, target)
	if err == nil && got != want {
		err = fmt.Errorf("%s: status %d, not %d", target, got, want)
	}
	return err
}

// checkLoss kills one service: the others serve, Prometheus shows and reports
// it, and up alone heals it.
func checkLoss(t *testing.T, c *composition, service string) {
	c.run(t, "kill", service)
	if service != "gateway" {
		for other, target := range routes() {
			if other == service {
				continue
			}
			if err := c.wantStatus(t.Context(), target, http.StatusOK); err != nil {
				t.Errorf("%s serves no more: %v", other, err)
			}
		}
	}
	eventually(t, noticedAfter, func(ctx context.Context) error {
		return c.hasValue(ctx, fmt.Sprintf("up{job=%q} == 0", service))
	})
	eventually(t, noticedAfter, func(ctx context.Context) error {
		return c.hasValue(ctx, fmt.Sprintf(`ALERTS{alertname="TargetDown", alertstate="firing", job=%q}`, service))
	})
	c.start(t, service)
	eventually(t, healsWithin, func(ctx context.Context) error {
		if target, ok := routes()[service]; ok {
			if err := c.wantStatus(ctx, target, http.StatusOK); err != nil {
				return err
			}
		}
		return c.hasValue(ctx, fmt.Sprintf("up{job=%q} == 1", service))
	})
}

// checkTelemetryAway requires every work route to answer as if nothing were missing.
func checkTelemetryAway(t *testing.T, c *composition) {
	c.run(t, "kill", "jaeger", "prometheus")
	for range 20 {
		for _, target := range routes() {
			if err := c.wantStatus(t.Context(), target, http.StatusOK); err != nil {
				t.Error(err)
			}
		}
	}
	c.start(t, "jaeger", "prometheus")
	eventually(t, healsWithin, func(ctx context.Context) error {
		return c.hasValue(ctx, `rate(lab_spans_total{job="gateway", result="exported"}[10s]) > 0`)
	})
}

// checkDatabaseAway requires 503 of items, 200 of the others, and recovery without help.
func checkDatabaseAway(t *testing.T, c *composition) {
	c.run(t, "kill", "postgres")
	eventually(t, healsWithin, func(ctx context.Context) error {
		return c.wantStatus(ctx, routes()["items"], http.StatusServiceUnavailable)
	})
	if err := c.wantStatus(t.Context(), routes()["iobound"], http.StatusOK); err != nil {
		t.Error(err)
	}
	c.run(t, "start", "postgres")
	eventually(t, healsWithin, func(ctx context.Context) error {
		return c.wantStatus(ctx, routes()["items"], http.StatusOK)
	})
}

// checkMonitor asks Jaeger's metrics API what its Monitor tab asks.
func checkMonitor(t *testing.T, c *composition) {
	for _, service := range services()[:5] {
		for _, metric := range []string{"calls", "errors", "latencies"} {
			query := url.Values{"service": {service}, "lookback": {"600000"}, "step": {"5000"}, "ratePer": {"60000"}, "quantile": {"0.95"}}
			address := string(c.jaeger()) + "/api/metrics/" + metric + "?" + query.Encode()
			eventually(t, time.Minute, func(ctx context.Context) error { return hasPoints(ctx, address) })
		}
	}
}

func hasPoints(ctx context.Context, address string) error {
	var reply struct {
		Metrics []struct {
			MetricPoints []json.RawMessage `json:"metricPoints"`
		} `json:"metrics"`
	}
	if err := observe.Get(ctx, address, &reply); err != nil {
		return err
	}
	for _, metric := range reply.Metrics {
		if len(metric.MetricPoints) > 0 {
			return nil
		}
	}
	return fmt.Errorf("%s: no points", address)
}

// checkDown also looks for volumes and networks that carry no name of the project,
// as those that an image declares.
func checkDown(t *testing.T, c *composition) {
	used := map[string][]string{}
	for _, container := range strings.Fields(c.run(t, "ps", "--all", "--quiet")) {
		for kind, template := range map[string]string{
			"volume":  `{{range .Mounts}}{{if eq .Type "volume"}}{{println .Name}}{{end}}{{end}}`,
			"network": `{{range $name, $_ := .NetworkSettings.Networks}}{{if ne $name "none"}}{{println $name}}{{end}}{{end}}`,
		} {
			out, err := docker(c.root, nil, "inspect", "--format", template, container)
			if err != nil {
				t.Fatal(err)
			}
			used[kind] = append(used[kind], strings.Fields(out)...)
		}
	}
	if len(used["volume"]) < 5 || len(used["network"]) == 0 {
		t.Errorf("before down there are only %v", used)
	}
	c.run(t, "down", "--volumes")
	for kind, names := range used {
		for _, name := range names {
			if _, err := docker(c.root, nil, kind, "inspect", name); err == nil {
				t.Errorf("the %s %s is left", kind, name)
			}
		}
	}
	checkNothingLeft(t)
}

// checkNothingLeft requires that nothing of the project exists.
func checkNothingLeft(t *testing.T) {
	for _, kind := range []string{"container", "volume", "network"} {
		arguments := []string{kind, "ls", "--quiet", "--filter", "label=com.docker.compose.project=" + project}
		if kind == "container" {
			arguments = append(arguments, "--all")
		}
		out, err := docker("", nil, arguments...)
		if err != nil {
			t.Fatal(err)
		}
		if left := strings.Fields(out); len(left) > 0 {
			t.Errorf("%d of kind %s are left", len(left), kind)
		}
	}
}
