package telemetry

import (
	"net/http"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"
	dto "github.com/prometheus/client_model/go"
	"google.golang.org/protobuf/types/known/timestamppb"
)

// MetricsHandler serves the metrics in the format that the scraper asks for:
// Prometheus's text, OpenMetrics or protobuf, with gzip if it accepts it.
func MetricsHandler(source prometheus.Gatherer) http.Handler {
	return promhttp.HandlerFor(dated{source}, promhttp.HandlerOpts{
		EnableOpenMetrics: true, EnableOpenMetricsTextCreatedSamples: true,
		MaxRequestsInFlight: 4, Timeout: 10 * time.Second,
	})
}

// dated gives every counter and histogram the time from which it counts.
// Collectors that read a counter from elsewhere, as that of the Go runtime
// does, leave it out; what they count began with the process.
type dated struct{ prometheus.Gatherer }

// began is the start of the process, some milliseconds late.
var began = timestamppb.Now()

// Gather implements prometheus.Gatherer.
func (d dated) Gather() ([]*dto.MetricFamily, error) {
	families, err := d.Gatherer.Gather()
	for _, family := range families {
		for _, m := range family.GetMetric() {
			if c := m.GetCounter(); c != nil && c.CreatedTimestamp == nil {
				c.CreatedTimestamp = began
			}
			if h := m.GetHistogram(); h != nil && h.CreatedTimestamp == nil {
				h.CreatedTimestamp = began
			}
			if s := m.GetSummary(); s != nil && s.CreatedTimestamp == nil {
				s.CreatedTimestamp = began
			}
		}
	}
	return families, err
}
