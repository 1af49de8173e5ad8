package app

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"time"

	"loadlab/internal/env"
	"loadlab/internal/exitcode"
)

// healthcheck asks each instance's own admin listener for its readiness, so
// that an image without a shell can have a health check.
func healthcheck(ctx context.Context, stderr io.Writer, instances []Instance) int {
	for _, instance := range instances {
		var cfg Config
		if err := env.Parse(instance.Getenv, &cfg); err != nil {
			return exitCode(stderr, err)
		}
		cfg.setAddresses(instance.Builder.Port)
		if err := CheckURL(ctx, "http://"+Reachable(cfg.Admin)+"/readyz"); err != nil {
			fmt.Fprintln(stderr, err)
			return exitcode.Error
		}
	}
	return exitcode.Pass
}

// CheckURL returns nil if a GET of url is answered 200 within two seconds.
func CheckURL(ctx context.Context, url string) error {
	ctx, cancel := context.WithTimeout(ctx, 2*time.Second)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, http.NoBody)
	if err != nil {
		return fmt.Errorf("health check: %w", err)
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return fmt.Errorf("health check: %w", err)
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		text, _ := io.ReadAll(io.LimitReader(response.Body, 1<<10))
		return fmt.Errorf("health check: %s: %s", response.Status, text)
	}
	return nil
}

// Reachable turns the address of a listener on all interfaces into one to dial.
func Reachable(address string) string {
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		return address
	}
	if ip := net.ParseIP(host); host == "" || (ip != nil && ip.IsUnspecified()) {
		host = "127.0.0.1"
	}
	return net.JoinHostPort(host, port)
}
