package e2e

import (
	"context"
	"fmt"
	"testing"
	"time"

	"loadlab/test/observe"
)

// What the generator says it has sent is what the gateway says it has served,
// and what the services say they have asked of each other is what they say they
// were asked, to the request. The generator is paused at both ends, so that
// nothing is on its way when the counters are read.
func TestGeneratorAndServicesCountTheSame(t *testing.T) {
	p, control := prometheus(t), console(t)
	gateway(t) // the only one that the tour asks
	t.Cleanup(func() { command(t, control, "resume") })
	counters := []struct{ name, expr string }{
		{"sent by the generator", `sum(loadgen_requests_total{job="loadgen"})`},
		{"served by the gateway", `sum(http_server_request_duration_seconds_count{job="gateway"})`},
		{"sent by services", `sum(http_client_request_duration_seconds_count{job=~"gateway|mixed"})`},
		{"served behind the gateway", `sum(http_server_request_duration_seconds_count{job=~"iobound|cpubound|mixed|items"})`},
	}
	read := func() []float64 {
		t.Helper()
		command(t, control, "pause")
		time.Sleep(quiet)
		values := make([]float64, len(counters))
		for i, counter := range counters {
			values[i] = total(t, p, counter.expr)
		}
		return values
	}
	before := read()
	command(t, control, "resume")
	time.Sleep(5 * time.Second)
	after := read()
	for i := 0; i < len(counters); i += 2 {
		sent, served := after[i]-before[i], after[i+1]-before[i+1]
		if sent != served || sent == 0 {
			t.Errorf("%s: %.0f, %s: %.0f", counters[i].name, sent, counters[i+1].name, served)
		}
	}
}

func total(t *testing.T, p observe.Prometheus, expr string) float64 {
	t.Helper()
	var value float64
	eventually(t, settleTime, func(ctx context.Context) error {
		series, err := p.Query(ctx, expr)
		if err == nil && len(series) != 1 {
			err = fmt.Errorf("%d results of %s", len(series), expr)
		}
		if err == nil {
			value = series[0].Last()
		}
		return err
	})
	return value
}

// command sends pause or resume to the generator.
func command(t *testing.T, control, name string) {
	t.Helper()
	// The test's own context has ended when the clean-up resumes the run.
	if err := observe.Steer(context.WithoutCancel(t.Context()), control, name); err != nil {
		t.Error(err)
	}
}
