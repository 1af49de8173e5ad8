package report

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
)

// Parse reads the JSON form of a report. It refuses one of another version or
// without its histograms.
func Parse(data []byte) (*Report, error) {
	r := new(Report)
	if err := json.Unmarshal(data, r); err != nil {
		return nil, err
	}
	return r, r.complete()
}

// ReadFile reads a report that the generator wrote, and refuses what Parse does.
func ReadFile(path string) (*Report, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("read report: %w", err)
	}
	r, err := Parse(data)
	if err != nil {
		return nil, fmt.Errorf("read report %s: %w", path, err)
	}
	return r, nil
}

// ReadFolder reads the report in a folder that has exactly one.
func ReadFolder(folder string) (*Report, error) {
	paths, err := filepath.Glob(filepath.Join(folder, "*.json"))
	if err != nil {
		return nil, fmt.Errorf("find the report in %s: %w", folder, err)
	}
	if len(paths) != 1 {
		return nil, fmt.Errorf("%s has %d reports, want 1", folder, len(paths))
	}
	return ReadFile(paths[0])
}
