package observe

import (
	"context"
	"encoding/json"
	"fmt"
	"net/url"
	"strconv"
	"time"
)

// Prometheus is the base URL of a server with Prometheus's HTTP API.
type Prometheus string

// Series is one element of a query's result.
type Series struct {
	Labels map[string]string `json:"metric"`
	// Points are the values in order of time; an instant query has one.
	Points []Point
	// Histograms is how many native histograms there are in place of values.
	Histograms int
}

// Point is a value at a time; it may be NaN.
type Point struct {
	Time  time.Time
	Value float64
}

// Last is the newest value, which exists in every series of Query and QueryRange
// that has no native histograms.
func (s Series) Last() float64 {
	if len(s.Points) == 0 {
		return 0
	}
	return s.Points[len(s.Points)-1].Value
}

// UnmarshalJSON reads an element of a vector or a matrix.
func (s *Series) UnmarshalJSON(text []byte) error {
	var raw struct {
		Metric     map[string]string `json:"metric"`
		Value      *Point            `json:"value"`
		Values     []Point           `json:"values"`
		Histogram  json.RawMessage   `json:"histogram"`
		Histograms []json.RawMessage `json:"histograms"`
	}
	if err := json.Unmarshal(text, &raw); err != nil {
		return fmt.Errorf("decode a series: %w", err)
	}
	*s = Series{Labels: raw.Metric, Points: raw.Values, Histograms: len(raw.Histograms)}
	if raw.Value != nil {
		s.Points = []Point{*raw.Value}
	}
	if len(raw.Histogram) > 0 {
		s.Histograms = 1
	}
	return nil
}

// UnmarshalJSON reads a pair of Unix seconds and a number in quotes.
func (p *Point) UnmarshalJSON(text []byte) error {
	var seconds float64
	var value string
	if err := json.Unmarshal(text, &[]any{&seconds, &value}); err != nil {
		return fmt.Errorf("decode a point: %w", err)
	}
	number, err := strconv.ParseFloat(value, 64)
	if err != nil {
		return fmt.Errorf("decode a point: %w", err)
	}
	*p = Point{Time: time.UnixMilli(int64(seconds * 1000)), Value: number}
	return nil
}

// Query evaluates expr now. A scalar comes as one series without labels.
func (p Prometheus) Query(ctx context.Context, expr string) ([]Series, error) {
	return p.query(ctx, "/api/v1/query", url.Values{"query": {expr}})
}

// QueryRange evaluates expr at every step between start and end.
func (p Prometheus) QueryRange(ctx context.Context, expr string, start, end time.Time, step time.Duration) ([]Series, error) {
	return p.query(ctx, "/api/v1/query_range", url.Values{
		"query": {expr}, "start": {unix(start)}, "end": {unix(end)}, "step": {strconv.FormatFloat(step.Seconds(), 'f', -1, 64)}})
}

func (p Prometheus) query(ctx context.Context, path string, values url.Values) ([]Series, error) {
	var data struct {
		ResultType string          `json:"resultType"`
		Result     json.RawMessage `json:"result"`
	}
	if err := p.get(ctx, path, values, &data); err != nil {
		return nil, err
	}
	if data.ResultType == "scalar" {
		var point Point
		if err := json.Unmarshal(data.Result, &point); err != nil {
			return nil, fmt.Errorf("decode the result of %s: %w", values.Get("query"), err)
		}
		return []Series{{Points: []Point{point}}}, nil
	}
	var series []Series
	if err := json.Unmarshal(data.Result, &series); err != nil {
		return nil, fmt.Errorf("decode the result of %s: %w", values.Get("query"), err)
	}
	return series, nil
}

// Exemplar is one measured request as an example of its series.
type Exemplar struct {
	Series map[string]string
	Labels map[string]string
}

// Exemplars returns those of the series that expr selects, between start and end.
func (p Prometheus) Exemplars(ctx context.Context, expr string, start, end time.Time) ([]Exemplar, error) {
	var data []struct {
		SeriesLabels map[string]string `json:"seriesLabels"`
		Exemplars    []struct {
			Labels map[string]string `json:"labels"`
		} `json:"exemplars"`
	}
	values := url.Values{"query": {expr}, "start": {unix(start)}, "end": {unix(end)}}
	if err := p.get(ctx, "/api/v1/query_exemplars", values, &data); err != nil {
		return nil, err
	}
	var all []Exemplar
	for _, series := range data {
		for _, exemplar := range series.Exemplars {
			all = append(all, Exemplar{Series: series.SeriesLabels, Labels: exemplar.Labels})
		}
	}
	return all, nil
}

// LabelValues returns the values of a label on the series that selector matches.
func (p Prometheus) LabelValues(ctx context.Context, label, selector string) ([]string, error) {
	values := url.Values{}
	if selector != "" {
		values.Set("match[]", selector)
	}
	var found []string
	err := p.get(ctx, "/api/v1/label/"+url.PathEscape(label)+"/values", values, &found)
	return found, err
}

func (p Prometheus) get(ctx context.Context, path string, values url.Values, data any) error {
	reply := struct {
		Status string `json:"status"`
		Error  string `json:"error"`
		Data   any    `json:"data"`
	}{Data: data}
	if err := Get(ctx, string(p)+path+"?"+values.Encode(), &reply); err != nil {
		return err
	}
	if reply.Status != "success" {
		return fmt.Errorf("%s of %s: %s", path, values.Get("query"), reply.Error)
	}
	return nil
}

func unix(t time.Time) string { return strconv.FormatFloat(float64(t.UnixMilli())/1000, 'f', 3, 64) }
