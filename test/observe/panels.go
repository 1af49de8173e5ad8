package observe

import (
	"context"
	"fmt"
	"math"
	"slices"
	"time"

	"loadlab/grafana/panelquery"
)

// What a dashboard shows when it is opened in a window of a usual width.
const (
	shownRange  = 5 * time.Minute
	chartWidth  = 800 // pixels
	scrapeEvery = 2 * time.Second
)

// EmptyQueries returns the queries of the dashboard that have no data with any value of the variables.
func (p Prometheus) EmptyQueries(ctx context.Context, dashboard panelquery.Dashboard) ([]string, error) {
	choices, err := p.VariableChoices(ctx, dashboard)
	if err != nil {
		return nil, err
	}
	var missing []string
	for i, choice := range choices {
		queries, err := dashboard.Queries(choice)
		if err != nil {
			return nil, err
		}
		var still []string
		for _, query := range queries {
			name := query.Panel.Title + ", " + query.Target.RefID + ": " + query.Target.Expr
			if i > 0 && !slices.Contains(missing, name) {
				continue
			}
			found, err := p.hasData(ctx, query)
			if err != nil {
				return nil, fmt.Errorf("%s: %w", name, err)
			}
			if !found {
				still = append(still, name)
			}
		}
		missing = still
	}
	return missing, nil
}

// VariableChoices returns a context for each value of the dashboard's first
// variable that a query fills, the others being at what the dashboard itself chooses.
func (p Prometheus) VariableChoices(ctx context.Context, dashboard panelquery.Dashboard) ([]panelquery.Context, error) {
	base := panelquery.Context{Range: shownRange, Interval: shownRange / chartWidth, Scrape: scrapeEvery}
	at := slices.IndexFunc(dashboard.Templating.List, func(v panelquery.Variable) bool { return v.Type != panelquery.DatasourceVariable })
	if at < 0 {
		return []panelquery.Context{base}, nil
	}
	first := dashboard.Templating.List[at]
	selector, label, err := first.LabelValues()
	if err != nil {
		return nil, err
	}
	values, err := p.LabelValues(ctx, label, selector)
	if err != nil {
		return nil, err
	}
	if len(values) == 0 {
		return nil, fmt.Errorf("variable %s has no values: %s", first.Name, first.Query)
	}
	var choices []panelquery.Context
	for _, value := range values {
		choice := base
		choice.Values = map[string]panelquery.Values{first.Name: {value}}
		choices = append(choices, choice)
	}
	return choices, nil
}

// hasData sends a query as its panel does: at one time, or over the shown range.
func (p Prometheus) hasData(ctx context.Context, query panelquery.Query) (bool, error) {
	var series []Series
	var err error
	if query.Target.Instant {
		series, err = p.Query(ctx, query.Expr)
	} else {
		now := time.Now()
		series, err = p.QueryRange(ctx, query.Expr, now.Add(-shownRange), now, max(scrapeEvery, shownRange/chartWidth))
	}
	if err != nil {
		return false, err
	}
	return slices.ContainsFunc(series, func(s Series) bool {
		return s.Histograms > 0 || slices.ContainsFunc(s.Points, func(p Point) bool { return !math.IsNaN(p.Value) })
	}), nil
}
