// Package openapi holds the OpenAPI document of all services.
package openapi

import (
	_ "embed" // for the document
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
)

// The document is written in YAML; make generate converts it, so that no service contains a parser of YAML.
var (
	//go:embed openapi.yaml
	yamlText string
	//go:embed openapi.json
	jsonText string
)

// YAML returns the document as it was written.
func YAML() []byte { return []byte(yamlText) }

// Document is the OpenAPI document.
type Document struct {
	JSON   []byte
	Routes []Route // by path
}

// Route is one path of the document.
type Route struct {
	Path       string      `json:"path"`
	Methods    []string    `json:"methods"`
	Summary    string      `json:"summary"`
	Parameters []Parameter `json:"parameters"`
}

// Parameter is one parameter and its allowed values.
type Parameter struct {
	Name    string   `json:"name"`
	In      string   `json:"in"`
	Methods []string `json:"methods,omitempty"` // those that take it; empty if all do
	limits
}

type limits struct {
	Type      string   `json:"type"`
	Default   any      `json:"default,omitempty"`
	Minimum   *float64 `json:"minimum,omitempty"`
	Maximum   *float64 `json:"maximum,omitempty"`
	MinLength *int     `json:"minLength,omitempty"`
	MaxLength *int     `json:"maxLength,omitempty"`
}

// Template is the path as Echo writes it. A last segment {name} matches the
// named routes of a group, which may have several segments.
func (r Route) Template() string {
	path := strings.ReplaceAll(r.Path, "{name}", "*")
	return strings.NewReplacer("{", ":", "}", "").Replace(path)
}

// Takes reports whether one of the route's methods has the parameter.
func (r Route) Takes(name string) bool {
	return slices.ContainsFunc(r.Parameters, func(p Parameter) bool { return p.Name == name })
}

// pathItem is the part of an OpenAPI path item that the gateway reads.
type pathItem struct {
	Summary    string     `json:"summary"`
	Parameters []declared `json:"parameters"`
	Get        *operation `json:"get"`
	Post       *operation `json:"post"`
	Put        *operation `json:"put"`
	Patch      *operation `json:"patch"`
	Delete     *operation `json:"delete"`
}

type operation struct {
	Parameters []declared `json:"parameters"`
}

type declared struct {
	Name   string `json:"name"`
	In     string `json:"in"`
	Schema limits `json:"schema"`
}

// Read returns the document of all services.
func Read() (*Document, error) {
	d := &Document{JSON: []byte(jsonText)}
	var top struct {
		Paths map[string]pathItem `json:"paths"`
	}
	if err := json.Unmarshal(d.JSON, &top); err != nil {
		return nil, fmt.Errorf("read the paths of the OpenAPI document: %w", err)
	}
	for path, item := range top.Paths {
		d.Routes = append(d.Routes, item.route(path))
	}
	slices.SortFunc(d.Routes, func(a, b Route) int { return strings.Compare(a.Path, b.Path) })
	return d, nil
}

func (p pathItem) route(path string) Route {
	r := Route{Path: path, Summary: p.Summary, Parameters: []Parameter{}}
	for _, one := range p.Parameters {
		r.Parameters = append(r.Parameters, Parameter{Name: one.Name, In: one.In, limits: one.Schema})
	}
	for _, m := range []struct {
		name      string
		operation *operation
	}{
		{http.MethodGet, p.Get}, {http.MethodPost, p.Post}, {http.MethodPut, p.Put}, {http.MethodPatch, p.Patch}, {http.MethodDelete, p.Delete},
	} {
		if m.operation == nil {
			continue
		}
		r.Methods = append(r.Methods, m.name)
		for _, one := range m.operation.Parameters {
			r.Parameters = append(r.Parameters, Parameter{Name: one.Name, In: one.In, Methods: []string{m.name}, limits: one.Schema})
		}
	}
	return r
}
