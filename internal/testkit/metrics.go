package testkit

import (
	"errors"
	"io"
	"maps"
	"net/http"
	"testing"

	"github.com/prometheus/client_golang/prometheus"
	dto "github.com/prometheus/client_model/go"
	"github.com/prometheus/common/expfmt"
)

// Samples are the metrics of one scrape, by name.
type Samples map[string]*dto.MetricFamily

// Labels select series: a series is selected if it has all of them.
type Labels map[string]string

// Metrics scrapes url, in the protobuf format where the server has it, which
// alone carries native histograms together with exemplars.
func Metrics(t testing.TB, url string) Samples {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, http.NoBody)
	if err != nil {
		t.Fatalf("scrape: %v", err)
	}
	request.Header.Set("Accept", string(expfmt.NewFormat(expfmt.TypeProtoDelim))+";q=1,text/plain;q=0.5")
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatalf("scrape: %v", err)
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		t.Fatalf("scrape %s: %s", url, response.Status)
	}
	samples := Samples{}
	for decoder := expfmt.NewDecoder(response.Body, expfmt.ResponseFormat(response.Header)); ; {
		family := &dto.MetricFamily{}
		if err := decoder.Decode(family); errors.Is(err, io.EOF) {
			return samples
		} else if err != nil {
			t.Fatalf("read exposition of %s: %v", url, err)
		}
		samples[family.GetName()] = family
	}
}

// Gather reads a registry of the test's own process.
func Gather(t testing.TB, registry prometheus.Gatherer) Samples {
	t.Helper()
	families, err := registry.Gather()
	if err != nil {
		t.Fatalf("gather: %v", err)
	}
	samples := Samples{}
	for _, family := range families {
		samples[family.GetName()] = family
	}
	return samples
}

// Select returns the series of a metric that have the labels.
func (s Samples) Select(name string, labels Labels) []*dto.Metric {
	var found []*dto.Metric
	for _, metric := range s[name].GetMetric() {
		own := Labels{}
		for _, pair := range metric.GetLabel() {
			own[pair.GetName()] = pair.GetValue()
		}
		both := maps.Clone(own)
		maps.Copy(both, labels)
		if maps.Equal(own, both) {
			found = append(found, metric)
		}
	}
	return found
}

// Sum adds the values of counters and gauges, 0 if there are none.
func (s Samples) Sum(name string, labels Labels) float64 {
	var sum float64
	for _, metric := range s.Select(name, labels) {
		sum += metric.GetCounter().GetValue() + metric.GetGauge().GetValue() + metric.GetUntyped().GetValue()
	}
	return sum
}

// Count adds the numbers of observations of histograms.
func (s Samples) Count(name string, labels Labels) int {
	var count uint64
	for _, metric := range s.Select(name, labels) {
		count += metric.GetHistogram().GetSampleCount()
	}
	return int(count)
}

// Exemplars returns the trace ids of the exemplars of histograms, classic and native.
func (s Samples) Exemplars(name string, labels Labels) []string {
	var ids []string
	take := func(exemplar *dto.Exemplar) {
		for _, pair := range exemplar.GetLabel() {
			if pair.GetName() == "trace_id" {
				ids = append(ids, pair.GetValue())
			}
		}
	}
	for _, metric := range s.Select(name, labels) {
		for _, bucket := range metric.GetHistogram().GetBucket() {
			take(bucket.GetExemplar())
		}
		for _, exemplar := range metric.GetHistogram().GetExemplars() {
			take(exemplar)
		}
	}
	return ids
}
