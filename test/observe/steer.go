package observe

import (
	"context"
	"fmt"
	"io"
	"net/http"
)

// Steer sends pause, resume or stop to the load generator whose control API is below base.
func Steer(ctx context.Context, base, command string) error {
	ctx, cancel := context.WithTimeout(ctx, requestTimeout)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, base+"/api/v1/run/"+command, http.NoBody)
	if err != nil {
		return fmt.Errorf("%s: %w", command, err)
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return fmt.Errorf("%s: %w", command, err)
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		text, _ := io.ReadAll(io.LimitReader(response.Body, 300))
		return fmt.Errorf("%s: %s: %s", command, response.Status, text)
	}
	return nil
}
