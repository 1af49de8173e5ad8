package e2e

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"testing"
	"time"

	"loadlab/grafana/panelquery"
	"loadlab/test/observe"
)

// Behind each panel with exemplars there is at least one, and each of them
// leads to a trace that is stored.
func TestExemplarsLeadToTraces(t *testing.T) {
	p, j := prometheus(t), jaeger(t)
	// A request that is certain to be traced, for services that the tour samples seldom.
	base := gateway(t)
	for _, target := range []string{"/io/wait?ms=5", "/cpu/spin?ms=2", "/mixed/parallel?io_ms=5&cpu_ms=2", "/items?limit=1"} {
		traced(t, http.MethodGet, base+target, "", http.StatusOK)
	}
	for _, dashboard := range dashboards(t) {
		t.Run(dashboard.UID, func(t *testing.T) {
			eventually(t, tourTime, func(ctx context.Context) error {
				choices, err := p.VariableChoices(ctx, dashboard)
				if err != nil {
					return err
				}
				return checkPanels(ctx, p, j, dashboard, choices)
			})
		})
	}
}

// checkPanels requires exemplars in each panel that shows them, with one choice of
// the variables at least: not every service calls others.
func checkPanels(ctx context.Context, p observe.Prometheus, j observe.Jaeger, dashboard panelquery.Dashboard, choices []panelquery.Context) error {
	found := map[string]int{}
	for _, choice := range choices {
		queries, err := dashboard.Queries(choice)
		if err != nil {
			return err
		}
		for _, query := range queries {
			if !query.Target.Exemplar {
				continue
			}
			n, err := checkExemplars(ctx, p, j, query.Expr)
			if err != nil {
				return fmt.Errorf("panel %q: %w", query.Panel.Title, err)
			}
			found[query.Panel.Title] += n
		}
	}
	for panel, n := range found {
		if n == 0 {
			return fmt.Errorf("panel %q has no exemplars", panel)
		}
	}
	return nil
}

// checkExemplars asks for exemplars as Grafana does, with the panel's own query,
// and returns how many there are.
func checkExemplars(ctx context.Context, p observe.Prometheus, j observe.Jaeger, expr string) (int, error) {
	now := time.Now()
	// The newest spans may still be on their way.
	exemplars, err := p.Exemplars(ctx, expr, now.Add(-5*time.Minute), now.Add(-5*time.Second))
	if err != nil {
		return 0, err
	}
	const enough = 20
	for _, exemplar := range exemplars[:min(enough, len(exemplars))] {
		id := exemplar.Labels["trace_id"]
		if _, err := j.Trace(ctx, id); errors.Is(err, observe.ErrNotFound) {
			return 0, fmt.Errorf("the exemplar of %v leads to trace %q, which is not stored", exemplar.Series, id)
		} else if err != nil {
			return 0, err
		}
	}
	return len(exemplars), nil
}
