package openapi

import (
	"encoding/json"
	"maps"
	"slices"
	"testing"
)

func TestPartOfAService(t *testing.T) {
	whole, err := Read()
	if err != nil {
		t.Fatal(err)
	}
	for _, row := range []struct {
		name   string
		routes []string
		want   []string
	}{
		{"a group with an index", []string{"/", "/openapi.json", "/mixed/sequence"}, []string{"/", "/mixed/parallel", "/mixed/sequence", "/mixed/{name}", "/openapi.json"}},
		{"a collection", []string{"/items", "/items/:id"}, []string{"/items", "/items/{id}"}},
		{"nothing of it", []string{"/t/probe"}, nil},
	} {
		t.Run(row.name, func(t *testing.T) {
			part, err := whole.Part(row.routes)
			if err != nil {
				t.Fatal(err)
			}
			var document struct {
				OpenAPI    string         `json:"openapi"`
				Paths      map[string]any `json:"paths"`
				Components map[string]any `json:"components"`
			}
			if err := json.Unmarshal(part, &document); err != nil {
				t.Fatal(err)
			}
			if got := slices.Sorted(maps.Keys(document.Paths)); !slices.Equal(got, row.want) {
				t.Errorf("the paths are %v, want %v", got, row.want)
			}
			if document.OpenAPI != "3.1.0" || len(document.Components) == 0 {
				t.Errorf("version %q, %d kinds of components", document.OpenAPI, len(document.Components))
			}
		})
	}
}
