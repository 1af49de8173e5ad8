package openapi

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
)

// Part returns the document as JSON with the paths that belong to a service
// with the given routes: those of its groups, which the first segment of a path
// names. So the named routes of a group, as in /io/{name}, are in it too.
func (d *Document) Part(routes []string) ([]byte, error) {
	groups := make([]string, len(routes))
	for i, path := range routes {
		groups[i] = group(path)
	}
	var whole, paths map[string]json.RawMessage
	if err := json.Unmarshal(d.JSON, &whole); err != nil {
		return nil, fmt.Errorf("read the OpenAPI document: %w", err)
	}
	if err := json.Unmarshal(whole["paths"], &paths); err != nil {
		return nil, fmt.Errorf("read the paths of the OpenAPI document: %w", err)
	}
	for path := range paths {
		if !slices.Contains(groups, group(path)) {
			delete(paths, path)
		}
	}
	var err error
	if whole["paths"], err = json.Marshal(paths); err != nil {
		return nil, err
	}
	return json.Marshal(whole)
}

func group(path string) string {
	first, _, _ := strings.Cut(strings.TrimPrefix(path, "/"), "/")
	return first
}
