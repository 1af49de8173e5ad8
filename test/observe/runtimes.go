package observe

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"loadlab/grafana"
	"loadlab/grafana/panelquery"
)

// CheckRuntimes returns an error unless each panel of the dashboard of the
// tutorial's servers has data, and each chart by server has one series for each of names.
func (p Prometheus) CheckRuntimes(ctx context.Context, names []string) error {
	boards, err := panelquery.Read(grafana.Runtimes())
	if err != nil {
		return err
	}
	for _, board := range boards {
		empty, err := p.EmptyQueries(ctx, board)
		if err != nil {
			return err
		}
		if !slices.Contains(names, "node") {
			empty = slices.DeleteFunc(empty, func(query string) bool { return strings.Contains(query, "nodejs_") })
		}
		if len(empty) > 0 {
			return fmt.Errorf("no data of %s", strings.Join(empty, "; "))
		}
		if err := p.checkEach(ctx, board, names); err != nil {
			return err
		}
	}
	return nil
}

func (p Prometheus) checkEach(ctx context.Context, board panelquery.Dashboard, names []string) error {
	queries, err := board.Queries(panelquery.Context{Range: shownRange, Interval: scrapeEvery, Scrape: scrapeEvery})
	if err != nil {
		return err
	}
	for _, query := range queries {
		if query.Target.LegendFormat != "{{job}}" {
			continue
		}
		// A chart that leaves a server out would still have data.
		series, err := p.Query(ctx, query.Expr)
		if err != nil {
			return err
		}
		shown := names
		if strings.Contains(query.Expr, "lab_parallel_threads") { // Go's server has no executor to measure
			shown = slices.DeleteFunc(slices.Clone(names), func(name string) bool { return name == "nethttp" })
		}
		if len(series) != len(shown) {
			return fmt.Errorf("%s shows %d servers of %v", query.Panel.Title, len(series), shown)
		}
	}
	return nil
}
