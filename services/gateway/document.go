package gateway

import (
	_ "embed" // for the document
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/goccy/go-yaml"
)

// openAPI describes every route of the lab. The gateway's own routes are made from it.
//
//go:embed openapi.yaml
var openAPI string

// document is the OpenAPI document and the parts of it that the gateway uses.
type document struct {
	yaml, json []byte
	routes     []route // by path
}

// route is one path of the document.
type route struct {
	Path       string      `json:"path"`
	Methods    []string    `json:"methods"`
	Summary    string      `json:"summary"`
	Parameters []parameter `json:"parameters"`
}

// parameter is one parameter and its allowed values.
type parameter struct {
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

// template is the path as Echo writes it. A last segment {name} stands for
// the named routes of a group, which may have several segments.
func (r route) template() string {
	path := strings.ReplaceAll(r.Path, "{name}", "*")
	return strings.NewReplacer("{", ":", "}", "").Replace(path)
}

// pathItem is the part of an OpenAPI path item that the gateway reads.
type pathItem struct {
	Summary    string     `json:"summary"`
	Parameters []declared `json:"parameters"`
	Get        *operation `json:"get"`
	Post       *operation `json:"post"`
	Put        *operation `json:"put"`
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

func readDocument(text string) (*document, error) {
	d := &document{yaml: []byte(text)}
	var err error
	if d.json, err = yaml.YAMLToJSON(d.yaml); err != nil {
		return nil, fmt.Errorf("convert to JSON: %w", err)
	}
	var top struct {
		Paths map[string]pathItem `json:"paths"`
	}
	if err := json.Unmarshal(d.json, &top); err != nil {
		return nil, fmt.Errorf("read paths: %w", err)
	}
	for path, item := range top.Paths {
		d.routes = append(d.routes, item.route(path))
	}
	slices.SortFunc(d.routes, func(a, b route) int { return strings.Compare(a.Path, b.Path) })
	return d, nil
}

func (p pathItem) route(path string) route {
	r := route{Path: path, Summary: p.Summary, Parameters: []parameter{}}
	for _, one := range p.Parameters {
		r.Parameters = append(r.Parameters, parameter{Name: one.Name, In: one.In, limits: one.Schema})
	}
	for _, m := range []struct {
		name      string
		operation *operation
	}{
		{http.MethodGet, p.Get}, {http.MethodPost, p.Post}, {http.MethodPut, p.Put}, {http.MethodDelete, p.Delete},
	} {
		if m.operation == nil {
			continue
		}
		r.Methods = append(r.Methods, m.name)
		for _, one := range m.operation.Parameters {
			r.Parameters = append(r.Parameters, parameter{Name: one.Name, In: one.In, Methods: []string{m.name}, limits: one.Schema})
		}
	}
	return r
}
