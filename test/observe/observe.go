// Package observe asks a running lab's Prometheus and Jaeger APIs what they have stored.
package observe

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"
)

// ErrNotFound says that the thing that was asked for is not there.
var ErrNotFound = errors.New("not found")

const (
	requestTimeout = 10 * time.Second
	maxReply       = 64 << 20 // bytes
)

// Get decodes the JSON reply to a GET of url into reply.
func Get(ctx context.Context, url string, reply any) error {
	ctx, cancel := context.WithTimeout(ctx, requestTimeout)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, http.NoBody)
	if err != nil {
		return fmt.Errorf("ask %s: %w", url, err)
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return fmt.Errorf("ask: %w", err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(io.LimitReader(response.Body, maxReply))
	switch {
	case err != nil:
		return fmt.Errorf("read the reply to %s: %w", url, err)
	case response.StatusCode == http.StatusNotFound:
		return fmt.Errorf("%s: %w", url, ErrNotFound)
	case response.StatusCode != http.StatusOK:
		return fmt.Errorf("%s: %s: %.300s", url, response.Status, body)
	}
	if err := json.Unmarshal(body, reply); err != nil {
		return fmt.Errorf("decode the reply to %s: %w", url, err)
	}
	return nil
}

// Eventually calls try every half second until it returns nil. When within has
// passed, or ctx is done, it returns the last error that is not of the time itself.
func Eventually(ctx context.Context, within time.Duration, try func(context.Context) error) error {
	ctx, cancel := context.WithTimeout(ctx, within)
	defer cancel()
	ticker := time.NewTicker(500 * time.Millisecond)
	defer ticker.Stop()
	var last error
	for {
		err := try(ctx)
		if err == nil {
			return nil
		}
		if last == nil || !errors.Is(err, context.DeadlineExceeded) {
			last = err
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("not within %s: %w", within, last)
		case <-ticker.C:
		}
	}
}
