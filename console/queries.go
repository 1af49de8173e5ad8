package console

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"loadlab/grafana/panelquery"
	"loadlab/internal/decimal"
	"loadlab/internal/httpjson"
)

// queries is the body of /dashboards/{uid}/queries: what the dashboard asks
// Prometheus, without any variable left in it.
type queries struct {
	Variables map[string]listQuery         `json:"variables"` // by name, of those that Prometheus fills
	Panels    map[int]map[string]exprQuery `json:"panels"`    // by the panel's id and the target's refId
}

// listQuery asks for the values of a variable: those of a label of the series
// that a selector matches.
type listQuery struct {
	Label    string `json:"label"`
	Selector string `json:"selector"`
	Error    string `json:"error,omitempty"`
}

// exprQuery is a target's expression, or the reason why there is none, which the panel shows.
type exprQuery struct {
	Expr  string `json:"expr"`
	Error string `json:"error,omitempty"`
}

// expand answers with the queries of a dashboard for a range, an interval and
// values of its variables.
func expand(dashboard panelquery.Dashboard, scrape time.Duration) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		ctx, err := queryContext(r.URL.Query())
		if err != nil {
			httpjson.Problem(w, http.StatusBadRequest, err.Error())
			return
		}
		ctx.Scrape = scrape
		httpjson.Reply(w, http.StatusOK, queries{listQueries(dashboard, ctx), exprQueries(dashboard, ctx)})
	}
}

func exprQueries(dashboard panelquery.Dashboard, ctx panelquery.Context) map[int]map[string]exprQuery {
	all := map[int]map[string]exprQuery{}
	for _, panel := range dashboard.Panels {
		targets := map[string]exprQuery{}
		for _, target := range panel.Targets {
			expr, err := dashboard.Expand(target.Expr, ctx)
			targets[target.RefID] = exprQuery{expr, text(err)}
		}
		all[panel.ID] = targets
	}
	return all
}

func listQueries(dashboard panelquery.Dashboard, ctx panelquery.Context) map[string]listQuery {
	all := map[string]listQuery{}
	for _, variable := range dashboard.Templating.List {
		if variable.Type == panelquery.DatasourceVariable {
			continue
		}
		selector, label, err := variable.LabelValues()
		if err == nil {
			selector, err = dashboard.Expand(selector, ctx)
		}
		all[variable.Name] = listQuery{label, selector, text(err)}
	}
	return all
}

func text(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}

const (
	variablePrefix = "var-" // as in Grafana's addresses
	longestRange   = 31 * 24 * time.Hour
)

// queryContext reads range and interval, in seconds, and the values of variables.
func queryContext(query url.Values) (panelquery.Context, error) {
	ctx := panelquery.Context{Values: map[string]panelquery.Values{}}
	for name, into := range map[string]*time.Duration{"range": &ctx.Range, "interval": &ctx.Interval} {
		seconds, err := decimal.Float(query.Get(name))
		if err != nil || !(seconds > 0 && seconds <= longestRange.Seconds()) {
			return ctx, fmt.Errorf("%s is %q; want seconds above 0, at most %.0f", name, query.Get(name), longestRange.Seconds())
		}
		*into = time.Duration(seconds * float64(time.Second)).Round(time.Millisecond)
	}
	for name, values := range query {
		if variable, ok := strings.CutPrefix(name, variablePrefix); ok {
			ctx.Values[variable] = values
		}
	}
	return ctx, nil
}
