package comparison

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"

	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"
)

// settleLimit is how long a server may take to count its last requests.
const settleLimit = 20 * time.Second

// settled waits until the server has counted all requests that were sent since
// it had counted before, and has none in progress. It returns its count.
func (s *server) settled(ctx context.Context, before, sent uint64) (counted uint64, err error) {
	ctx, cancel := context.WithTimeout(ctx, settleLimit)
	defer cancel()
	for {
		var active float64
		counted, active, err = s.scrape(ctx)
		if err == nil && active == 0 && counted >= before+sent {
			return counted, nil
		}
		select {
		case <-ctx.Done():
			return 0, fmt.Errorf("the server has counted %d of %d requests, with %.0f in progress: %w",
				counted-before, sent, active, errors.Join(context.Cause(ctx), err))
		case <-time.After(pollEvery):
		}
	}
}

// scrape reads how many requests the server has answered, and has in progress.
func (s *server) scrape(ctx context.Context) (answered uint64, active float64, err error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, s.metrics, http.NoBody)
	if err != nil {
		return 0, 0, fmt.Errorf("scrape: %w", err)
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return 0, 0, fmt.Errorf("scrape: %w", err)
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return 0, 0, fmt.Errorf("scrape %s: %s", s.metrics, response.Status)
	}
	return counts(response.Body)
}

func counts(exposition io.Reader) (answered uint64, active float64, err error) {
	parser := expfmt.NewTextParser(model.UTF8Validation)
	families, err := parser.TextToMetricFamilies(exposition)
	if err != nil {
		return 0, 0, fmt.Errorf("read the metrics: %w", err)
	}
	for _, metric := range families["http_server_request_duration_seconds"].GetMetric() {
		answered += metric.GetHistogram().GetSampleCount()
	}
	for _, metric := range families["http_server_active_requests"].GetMetric() {
		active += metric.GetGauge().GetValue()
	}
	return answered, active, nil
}
