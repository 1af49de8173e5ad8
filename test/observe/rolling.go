package observe

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// RollingLoad is a load of 20,000 requests through a gateway while its services
// are restarted: requests that change nothing, PUT of one item, and POST with an
// Idempotency-Key.
type RollingLoad struct {
	Gateway string // base URL
	Prefix  string // of the names of the items that it creates, which no other item has
}

const (
	rollingRate    = 625 // requests per second
	rollingSeconds = 32
	// RollingRequests is how many requests the load has.
	RollingRequests = rollingRate * rollingSeconds
)

// Write writes the scenario of the load for loadgen and returns its path. It creates the item that PUT changes.
func (l RollingLoad) Write(ctx context.Context, folder string) (path string, err error) {
	id, err := l.create(ctx)
	if err != nil {
		return "", err
	}
	type target map[string]any
	scenario := map[string]any{
		"name": "rolling", "defaults": map[string]any{"timeout": "30s"},
		"phases": []any{map[string]any{"name": "rolling", "rate": rollingRate, "duration": fmt.Sprintf("%ds", rollingSeconds), "targets": []target{
			{"method": http.MethodGet, "weight": 4, "url": l.Gateway + "/io/wait?ms=5"},
			{"method": http.MethodGet, "weight": 4, "url": l.Gateway + "/cpu/spin?ms=0.1"},
			{"method": http.MethodGet, "weight": 4, "url": l.Gateway + "/mixed/parallel?io_ms=5&cpu_ms=0.1"},
			{"method": http.MethodGet, "weight": 4, "url": fmt.Sprintf("%s/items/%d", l.Gateway, id)},
			{"method": http.MethodPut, "weight": 1, "url": fmt.Sprintf("%s/items/%d", l.Gateway, id), "body": `{"name":"changed","quantity":2}`},
			{"method": http.MethodPost, "weight": 3, "url": l.Gateway + "/items", "body": `{"name":"` + l.Prefix + `{seq}","quantity":1}`,
				"headers": map[string]string{"Idempotency-Key": `"` + l.Prefix + `{seq}"`}},
		}}},
	}
	text, err := json.Marshal(scenario) // JSON is YAML too
	if err != nil {
		return "", fmt.Errorf("write the scenario: %w", err)
	}
	path = filepath.Join(folder, "rolling.yaml")
	return path, os.WriteFile(path, text, 0o600)
}

func (l RollingLoad) create(ctx context.Context) (id int64, err error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, l.Gateway+"/items", strings.NewReader(`{"name":"unchanged","quantity":1}`))
	if err != nil {
		return 0, fmt.Errorf("create an item: %w", err)
	}
	request.Header.Set("Content-Type", "application/json")
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return 0, fmt.Errorf("create an item: %w", err)
	}
	defer response.Body.Close()
	var item struct{ ID int64 }
	if err := json.NewDecoder(response.Body).Decode(&item); err != nil || response.StatusCode != http.StatusCreated {
		return 0, fmt.Errorf("create an item: %s %w", response.Status, err)
	}
	return item.ID, nil
}

// Check returns an error unless the report in folder says that every request
// succeeded, and the items are those that its POST requests were answered with, each once.
func (l RollingLoad) Check(ctx context.Context, folder string) error {
	reports, _ := filepath.Glob(filepath.Join(folder, "loadgen-*.json")) // the pattern is well-formed
	if len(reports) != 1 {
		return fmt.Errorf("there is no report in %s, or more than one: %v", folder, reports)
	}
	text, err := os.ReadFile(reports[0])
	if err != nil {
		return fmt.Errorf("read the report: %w", err)
	}
	var report struct {
		Scheduled int
		Targets   []struct {
			Name, Method string
			Scheduled    int
			Outcomes     map[string]int
			Status       map[int]int
		}
	}
	if err := json.NewDecoder(bytes.NewReader(text)).Decode(&report); err != nil {
		return fmt.Errorf("decode the report: %w", err)
	}
	var errs []error
	posts := 0
	for _, t := range report.Targets {
		if t.Outcomes["ok"] != t.Scheduled {
			errs = append(errs, fmt.Errorf("%s: %d requests, %v, statuses %v", t.Name, t.Scheduled, t.Outcomes, t.Status))
		}
		if t.Method == http.MethodPost {
			posts = t.Status[http.StatusCreated]
		}
	}
	if report.Scheduled != RollingRequests || posts == 0 {
		errs = append(errs, fmt.Errorf("%d requests were to be sent, want %d; %d items created", report.Scheduled, RollingRequests, posts))
	}
	return errors.Join(append(errs, l.checkItems(ctx, posts))...)
}

// checkItems counts the items of the load: as many as want, and no name twice.
func (l RollingLoad) checkItems(ctx context.Context, want int) error {
	stored, err := storedItems(ctx, l.Gateway, l.Prefix)
	if err != nil {
		return err
	}
	for name, times := range stored {
		if times > 1 {
			return fmt.Errorf("item %s is stored %d times", name, times)
		}
	}
	if len(stored) != want {
		return fmt.Errorf("%d items are stored, %d requests were answered 201", len(stored), want)
	}
	return nil
}

// RestartInTurn calls restart for one service after the other until done is
// closed, and returns how many restarts there were.
func RestartInTurn(services []string, pause time.Duration, done <-chan struct{}, restart func(service string) error) (restarts int, err error) {
	for {
		for _, service := range services {
			select {
			case <-done:
				return restarts, nil
			case <-time.After(pause):
			}
			if err := restart(service); err != nil {
				return restarts, fmt.Errorf("restart %s: %w", service, err)
			}
			restarts++
		}
	}
}
