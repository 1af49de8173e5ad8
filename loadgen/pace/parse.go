package pace

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"loadlab/internal/decimal"
)

// MaxRate bounds a rate, in requests per second.
const MaxRate = 1e6

// ParseStages reads "30s:100,2m:500,30s:0": ramp to 100 requests per second
// over 30 seconds, then to 500 over two minutes, then to none. Its error names
// every stage that cannot be used.
func ParseStages(text string) ([]Stage, error) {
	var stages []Stage
	var errs []error
	for part := range strings.SplitSeq(text, ",") {
		stage, err := parseStage(strings.TrimSpace(part))
		if err != nil {
			errs = append(errs, err)
		}
		stages = append(stages, stage)
	}
	if err := errors.Join(errs...); err != nil {
		return nil, err
	}
	return stages, nil
}

func parseStage(text string) (Stage, error) {
	length, rate, ok := strings.Cut(text, ":")
	if !ok {
		return Stage{}, fmt.Errorf("stage %q is not duration:rate, as in 30s:100", text)
	}
	d, err := decimal.Duration(strings.TrimSpace(length))
	if err != nil || d <= 0 || d > 24*time.Hour {
		return Stage{}, fmt.Errorf("stage %q: the duration must be more than 0s and at most 24h", text)
	}
	r, err := decimal.Float(strings.TrimSpace(rate))
	if err != nil || r < 0 || r > MaxRate {
		return Stage{}, fmt.Errorf("stage %q: the rate must be 0 to %d requests per second", text, int(MaxRate))
	}
	return Stage{Duration: d, Rate: r}, nil
}
