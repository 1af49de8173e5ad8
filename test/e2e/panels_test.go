package e2e

import (
	"context"
	"errors"
	"testing"

	"loadlab/grafana"
	"loadlab/grafana/panelquery"
	"loadlab/test/observe"
)

func dashboards(t *testing.T) []panelquery.Dashboard {
	t.Helper()
	all, err := panelquery.Read(grafana.Dashboards())
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// Every query of every panel returns data. Where a dashboard has variables, a
// query counts when one choice of their values has data: only items has a
// pool. Panels of failures are shown by causing some.
func TestEveryPanelReturnsData(t *testing.T) {
	p := prometheus(t)
	if err := observe.CauseFailures(t.Context(), gateway(t)); err != nil {
		t.Error(err)
	}
	for _, dashboard := range dashboards(t) {
		t.Run(dashboard.UID, func(t *testing.T) {
			var empty []string
			err := observe.Eventually(t.Context(), tourTime, func(ctx context.Context) (err error) {
				empty, err = p.EmptyQueries(ctx, dashboard)
				if err == nil && len(empty) > 0 {
					err = errors.New("some queries have no data")
				}
				return err
			})
			if err != nil && len(empty) == 0 {
				t.Error(err)
			}
			for _, query := range empty {
				t.Errorf("no data: %s", query)
			}
		})
	}
}
