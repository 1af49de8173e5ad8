package runner

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"time"
)

// controlTimeout bounds each call of a control API.
const controlTimeout = 5 * time.Second

// pauseLoad pauses the run whose control API is at base, unless that is empty,
// there is none, or it is paused already. The function it returns resumes it.
func pauseLoad(ctx context.Context, base string) (resume func(), err error) {
	nothing := func() {}
	if base == "" {
		return nothing, nil
	}
	paused, err := control(ctx, http.MethodGet, base+"/api/v1/run")
	if errors.Is(err, errAway) || err == nil && paused {
		return nothing, nil
	}
	if err == nil {
		_, err = control(ctx, http.MethodPost, base+"/api/v1/run/pause")
	}
	if errors.Is(err, errRefused) {
		return nothing, nil // a run that has ended, or a batch: there is no load to pause
	}
	if err != nil {
		return nil, err
	}
	return func() {
		_, _ = control(context.WithoutCancel(ctx), http.MethodPost, base+"/api/v1/run/resume") // a generator that is gone has no load
	}, nil
}

var (
	errAway    = errors.New("the generator does not answer")
	errRefused = errors.New("the generator refuses")
)

// control makes one call, and says whether the run is paused.
func control(ctx context.Context, method, url string) (paused bool, err error) {
	ctx, cancel := context.WithTimeout(ctx, controlTimeout)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, method, url, http.NoBody)
	if err != nil {
		return false, fmt.Errorf("control the load: %w", err)
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return false, errors.Join(errAway, err)
	}
	defer response.Body.Close()
	switch response.StatusCode {
	case http.StatusOK:
	case http.StatusConflict:
		return false, errRefused
	default:
		return false, fmt.Errorf("control the load: %s %s: %s", method, url, response.Status)
	}
	var state struct {
		Paused bool `json:"paused"`
	}
	if err := json.NewDecoder(http.MaxBytesReader(nil, response.Body, 1<<20)).Decode(&state); err != nil {
		return false, fmt.Errorf("control the load: %w", err)
	}
	return state.Paused, nil
}
