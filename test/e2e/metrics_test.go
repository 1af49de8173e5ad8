package e2e

import (
	"context"
	"errors"
	"fmt"
	"testing"
)

// Each service's own metrics are scraped, and it has served requests of the tour.
func TestEveryServiceHasMetrics(t *testing.T) {
	p := prometheus(t)
	type row struct{ name, expr string }
	rows := []row{{"loadgen", `sum(loadgen_requests_total{job="loadgen"})`}}
	for _, service := range services() {
		rows = append(rows, row{service, fmt.Sprintf(`sum(http_server_request_duration_seconds_count{job=%q, http_route!="unmatched"})`, service)})
	}
	for _, row := range rows {
		t.Run(row.name, func(t *testing.T) {
			// The tour reaches its last service in its last phase.
			eventually(t, tourTime, func(ctx context.Context) error {
				up, err := p.Query(ctx, fmt.Sprintf("up{job=%q}", row.name))
				if err == nil && (len(up) != 1 || up[0].Last() != 1) {
					err = fmt.Errorf("%s is not up: %v", row.name, up)
				}
				requests, queryErr := p.Query(ctx, row.expr)
				if queryErr == nil && (len(requests) != 1 || requests[0].Last() == 0) {
					queryErr = fmt.Errorf("%s has served no request", row.name)
				}
				return errors.Join(err, queryErr)
			})
		})
	}
}

// The mean number of requests in progress is the sum of the parts' seconds per second.
func TestPartsOfTimeAddUp(t *testing.T) {
	p := prometheus(t)
	expr := `sum by (job) (rate(lab_work_seconds_total[1m])) / sum by (job) (rate(http_server_request_duration_seconds_sum[1m]))`
	eventually(t, tourTime, func(ctx context.Context) error {
		ratios, err := p.Query(ctx, expr)
		if err != nil {
			return err
		}
		for _, ratio := range ratios {
			if ratio.Last() < 0.9 || ratio.Last() > 1.1 {
				return fmt.Errorf("cpu, wait and queue of %s are %.2f of the time of its requests", ratio.Labels["job"], ratio.Last())
			}
		}
		if len(ratios) < 2 {
			return fmt.Errorf("only %d services have both metrics", len(ratios))
		}
		return nil
	})
}
