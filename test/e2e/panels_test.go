package e2e

import (
	"context"
	"errors"
	"fmt"
	"math"
	"net/http"
	"regexp"
	"slices"
	"sync"
	"testing"
	"time"

	"loadlab/grafana"
	"loadlab/grafana/panelquery"
	"loadlab/test/observe"
)

// What a dashboard shows when it is opened in a window of a usual width.
const (
	shownRange    = 15 * time.Minute
	chartWidth    = 800 // pixels
	scrapeEvery   = 2 * time.Second
	failedAtOnce  = 600 // more than the gateway lets through to one service
	failedWaitsMS = 1500
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
	causeFailures(t, gateway(t))
	for _, dashboard := range dashboards(t) {
		t.Run(dashboard.UID, func(t *testing.T) {
			var empty []string
			err := observe.Eventually(t.Context(), tourTime, func(ctx context.Context) (err error) {
				empty, err = emptyQueries(ctx, p, dashboard)
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

// emptyQueries returns the queries that have no data with any value of the variables.
func emptyQueries(ctx context.Context, p observe.Prometheus, dashboard panelquery.Dashboard) ([]string, error) {
	choices, err := variableChoices(ctx, p, dashboard)
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
			found, err := hasData(ctx, p, query)
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

// variableChoices returns a context for each value of the dashboard's first
// variable, the others being at what the dashboard itself chooses.
func variableChoices(ctx context.Context, p observe.Prometheus, dashboard panelquery.Dashboard) ([]panelquery.Context, error) {
	base := panelquery.Context{Range: shownRange, Interval: shownRange / chartWidth, Scrape: scrapeEvery}
	if len(dashboard.Templating.List) == 0 {
		return []panelquery.Context{base}, nil
	}
	first := dashboard.Templating.List[0]
	match := labelValues.FindStringSubmatch(first.Query)
	if match == nil {
		return nil, fmt.Errorf("variable %s: its query %q is not a label_values(selector, label)", first.Name, first.Query)
	}
	values, err := p.LabelValues(ctx, match[2], match[1])
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

var labelValues = regexp.MustCompile(`^label_values\((.+),\s*(\w+)\)$`)

// hasData sends a query as its panel does: at one time, or over the shown range.
func hasData(ctx context.Context, p observe.Prometheus, query panelquery.Query) (bool, error) {
	var series []observe.Series
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
	return slices.ContainsFunc(series, func(s observe.Series) bool {
		return s.Histograms > 0 || slices.ContainsFunc(s.Points, func(p observe.Point) bool { return !math.IsNaN(p.Value) })
	}), nil
}

// causeFailures makes each kind once: a wrong value, a client that leaves, and
// more requests at once than are let through.
func causeFailures(t *testing.T, base string) {
	t.Helper()
	traced(t, http.MethodGet, base+"/io/wait?ms=wrong", "")
	get := func(ctx context.Context, url string) {
		request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, http.NoBody)
		if err != nil {
			t.Error(err)
			return
		}
		if response, err := http.DefaultClient.Do(request); err == nil {
			response.Body.Close()
		}
	}
	short, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	get(short, base+"/cpu/spin?ms=500")
	var clients sync.WaitGroup
	for range failedAtOnce {
		clients.Go(func() { get(t.Context(), fmt.Sprintf("%s/io/wait?ms=%d", base, failedWaitsMS)) })
	}
	clients.Wait()
}
