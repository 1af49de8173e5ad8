package run

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"time"

	"loadlab/experiments/definition"
)

const (
	adminTimeout = 5 * time.Second
	maxScrape    = 16 << 20 // bytes
)

var errNoAdmin = errors.New("it has no admin address")

// call makes one request to an admin surface and returns the body of a 200.
func call(ctx context.Context, method, address string) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, adminTimeout)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, method, address, http.NoBody)
	if err != nil {
		return nil, fmt.Errorf("make request: %w", err)
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return nil, fmt.Errorf("ask the admin surface: %w", err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(io.LimitReader(response.Body, maxScrape))
	if err != nil {
		return nil, fmt.Errorf("read the reply of the admin surface: %w", err)
	}
	if response.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("%s %s: status %d: %.200s", method, address, response.StatusCode, body)
	}
	return body, nil
}

// scrape sums the series of each metric of a service; of a histogram, its counts.
func scrape(ctx context.Context, s definition.Service) (map[string]float64, error) {
	if s.Admin == "" {
		return nil, errNoAdmin
	}
	body, err := call(ctx, http.MethodGet, s.Admin+"/metrics")
	if err != nil {
		return nil, err
	}
	return sums(string(body))
}

// reachable asks for anything at all; any status will do.
func reachable(ctx context.Context, s definition.Service) error {
	if s.URL == "" {
		return errors.New("its address is not set")
	}
	ctx, cancel := context.WithTimeout(ctx, adminTimeout)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, s.URL+"/", http.NoBody)
	if err != nil {
		return fmt.Errorf("make request: %w", err)
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return fmt.Errorf("reach it: %w", err)
	}
	return response.Body.Close()
}

func setFault(ctx context.Context, s definition.Service, f *definition.Fault) error {
	if s.Admin == "" {
		return errNoAdmin
	}
	query := f.Parameters()
	query.Set("duration", f.Duration.String())
	_, err := call(ctx, http.MethodPut, s.Admin+"/fault?"+query.Encode())
	return err
}

func clearFault(ctx context.Context, s definition.Service, f *definition.Fault) error {
	query := url.Values{"kind": {f.Kind}}
	if f.Route != "" {
		query.Set("route", f.Route)
	}
	_, err := call(ctx, http.MethodDelete, s.Admin+"/fault?"+query.Encode())
	return err
}
