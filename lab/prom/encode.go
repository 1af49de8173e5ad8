package prom

import (
	"encoding/json"
	"fmt"
	"strconv"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/promql"
	"github.com/prometheus/prometheus/promql/parser"
)

// exemplarSeries is a series with exemplars, in the API's form.
type exemplarSeries struct {
	Labels    labels.Labels   `json:"seriesLabels"`
	Exemplars []exemplarPoint `json:"exemplars"`
}

type exemplarPoint struct {
	Labels labels.Labels `json:"labels"`
	Value  string        `json:"value"`
	Time   float64       `json:"timestamp"` // seconds since 1970
}

func formatFloat(value float64) string { return strconv.FormatFloat(value, 'f', -1, 64) }

// encodeValue writes the points of a matrix by hand, since a dashboard asks for
// ten thousands of them each few seconds; everything else is small enough for
// the types' own marshalers.
func encodeValue(value parser.Value) (json.RawMessage, error) {
	matrix, ok := value.(promql.Matrix)
	if !ok {
		if vector, isVector := value.(promql.Vector); isVector && vector == nil {
			return json.RawMessage("[]"), nil
		}
		return json.Marshal(value)
	}
	out := []byte{'['}
	for i, series := range matrix {
		if i > 0 {
			out = append(out, ',')
		}
		var err error
		if out, err = appendSeries(out, series); err != nil {
			return nil, err
		}
	}
	return append(out, ']'), nil
}

func appendSeries(out []byte, series promql.Series) ([]byte, error) {
	metric, err := json.Marshal(series.Metric)
	if err != nil {
		return nil, fmt.Errorf("encode labels: %w", err)
	}
	out = append(append(out, `{"metric":`...), metric...)
	if len(series.Floats) > 0 {
		out = appendFloats(append(out, `,"values":`...), series.Floats)
	}
	if len(series.Histograms) > 0 {
		histograms, err := json.Marshal(series.Histograms)
		if err != nil {
			return nil, fmt.Errorf("encode histograms: %w", err)
		}
		out = append(append(out, `,"histograms":`...), histograms...)
	}
	return append(out, '}'), nil
}

func appendFloats(out []byte, points []promql.FPoint) []byte {
	before := byte('[')
	for _, point := range points {
		out = append(out, before, '[')
		out = appendSeconds(out, point.T)
		out = append(out, `,"`...)
		out = strconv.AppendFloat(out, point.F, 'f', -1, 64)
		out = append(out, `"]`...)
		before = ','
	}
	return append(out, ']')
}

// appendSeconds writes milliseconds as seconds without a float's rounding.
func appendSeconds(out []byte, milliseconds int64) []byte {
	if milliseconds < 0 {
		out = append(out, '-')
		milliseconds = -milliseconds
	}
	out = strconv.AppendInt(out, milliseconds/1000, 10)
	if fraction := milliseconds % 1000; fraction != 0 {
		out = append(out, '.', byte('0'+fraction/100), byte('0'+fraction/10%10), byte('0'+fraction%10))
	}
	return out
}
