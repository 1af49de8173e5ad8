package prom

import (
	"context"
	"errors"
	"net/http"
	"time"

	"github.com/prometheus/prometheus/model/exemplar"
	"github.com/prometheus/prometheus/promql"
	"github.com/prometheus/prometheus/promql/parser"
)

// maxPoints is the most points of a series in one reply, as in the server.
const maxPoints = 11_000

// queryResult is the data of a query's reply.
type queryResult struct {
	Type   parser.ValueType `json:"resultType"`
	Result any              `json:"result"`
}

func (e *Engine) query(r *http.Request) (reply, error) {
	at, err := formTime(r, "time", time.Now())
	if err != nil {
		return reply{}, err
	}
	return e.run(r, func(ctx context.Context, text string) (promql.Query, error) {
		return e.queries.NewInstantQuery(ctx, e.db, nil, text, at)
	})
}

func (e *Engine) queryRange(r *http.Request) (reply, error) {
	start, err := parseTime(r.Form.Get("start"))
	if err != nil {
		return reply{}, invalid("start", err)
	}
	end, err := parseTime(r.Form.Get("end"))
	if err != nil {
		return reply{}, invalid("end", err)
	}
	step, err := parseDuration(r.Form.Get("step"))
	switch {
	case err != nil:
		return reply{}, invalid("step", err)
	case end.Before(start):
		return reply{}, invalid("end", errors.New("end timestamp must not be before start time"))
	case step < time.Millisecond:
		return reply{}, invalid("step", errors.New("must be at least a millisecond"))
	case end.Sub(start)/step > maxPoints:
		return reply{}, badData{errors.New("exceeded maximum resolution of 11,000 points per timeseries; try a larger step")}
	}
	return e.run(r, func(ctx context.Context, text string) (promql.Query, error) {
		return e.queries.NewRangeQuery(ctx, e.db, nil, text, start, end, step)
	})
}

// run executes the query that prepare makes of the request's text.
func (e *Engine) run(r *http.Request, prepare func(context.Context, string) (promql.Query, error)) (reply, error) {
	ctx := r.Context()
	if text := r.Form.Get("timeout"); text != "" {
		timeout, err := parseDuration(text)
		if err != nil {
			return reply{}, invalid("timeout", err)
		}
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, timeout)
		defer cancel()
	}
	limit, err := formLimit(r, "limit")
	if err != nil {
		return reply{}, err
	}
	query, err := prepare(ctx, r.Form.Get("query"))
	if err != nil {
		return reply{}, invalid("query", err)
	}
	defer query.Close()
	result := query.Exec(ctx)
	if result.Err != nil {
		return reply{}, result.Err
	}
	value, cut := truncate(result.Value, limit)
	if cut {
		result.Warnings = result.Warnings.Add(errors.New("results truncated due to limit"))
	}
	// The points belong to the query, so they are encoded before it is closed.
	encoded, err := encodeValue(value)
	if err != nil {
		return reply{}, err
	}
	return reply{data: queryResult{Type: value.Type(), Result: encoded}, warnings: result.Warnings}, nil
}

func truncate(value parser.Value, limit int) (parser.Value, bool) {
	if limit == 0 {
		return value, false
	}
	switch all := value.(type) {
	case promql.Matrix:
		return all[:min(limit, len(all))], len(all) > limit
	case promql.Vector:
		return all[:min(limit, len(all))], len(all) > limit
	}
	return value, false
}

func (e *Engine) formatQuery(r *http.Request) (reply, error) {
	expression, err := e.parser.ParseExpr(r.Form.Get("query"))
	if err != nil {
		return reply{}, invalid("query", err)
	}
	return reply{data: expression.Pretty(0)}, nil
}

func (e *Engine) queryExemplars(r *http.Request) (reply, error) {
	start, end, err := formRange(r)
	if err != nil {
		return reply{}, err
	}
	expression, err := e.parser.ParseExpr(r.Form.Get("query"))
	if err != nil {
		return reply{}, invalid("query", err)
	}
	found := []exemplarSeries{}
	if selectors := parser.ExtractSelectors(expression); len(selectors) > 0 {
		querier, err := e.db.ExemplarQuerier(r.Context())
		if err != nil {
			return reply{}, err
		}
		results, err := querier.Select(start.UnixMilli(), end.UnixMilli(), selectors...)
		if err != nil {
			return reply{}, err
		}
		for _, result := range results {
			found = append(found, newExemplarSeries(result))
		}
	}
	return reply{data: found}, nil
}

func newExemplarSeries(result exemplar.QueryResult) exemplarSeries {
	series := exemplarSeries{Labels: result.SeriesLabels, Exemplars: []exemplarPoint{}}
	for _, x := range result.Exemplars {
		series.Exemplars = append(series.Exemplars, exemplarPoint{
			Labels: x.Labels, Value: formatFloat(x.Value), Time: float64(x.Ts) / 1000,
		})
	}
	return series
}
