package check_test

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"
	"github.com/pb33f/jsonschema/v6"

	"loadlab/internal/env"
	"loadlab/loadgen/check"
	"loadlab/loadgen/plan"
)

func schema(t *testing.T) *jsonschema.Schema {
	t.Helper()
	vars := map[string]env.Var{"duration": {}, "rate": {}, "timeout": {}}
	data, err := check.Schema(vars)
	if err != nil {
		t.Fatal(err)
	}
	read, err := jsonschema.UnmarshalJSON(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	compiler := jsonschema.NewCompiler()
	if err := compiler.AddResource("scenario.json", read); err != nil {
		t.Fatal(err)
	}
	compiled, err := compiler.Compile("scenario.json")
	if err != nil {
		t.Fatal(err)
	}
	return compiled
}

// conforms says why a text does not conform to the schema.
func conforms(s *jsonschema.Schema, text string) error {
	data, err := yaml.YAMLToJSON([]byte(text))
	if err != nil {
		return err
	}
	value, err := jsonschema.UnmarshalJSON(bytes.NewReader(data))
	if err != nil {
		return err
	}
	return s.Validate(value)
}

// values are what a key is given, which few of them take.
func values() []string {
	return []string{"5", "0", "-1", "1.5", "30000", "2000000", "abc", "10s", "1m30s", "10s:5", "10s:5,1m:20", "open", "constant", "GET", "get", "true", "http://127.0.0.1:1/", "[]", "[5]", "{}", "{a: b}", "\"\"", "no://where"}
}

// The schema and the reader agree about every key with every value, so that an editor neither marks what runs nor
// lets pass what check refuses.
func TestSchemaAndReaderAgree(t *testing.T) {
	s := schema(t)
	for _, template := range templates(t) {
		for _, value := range values() {
			text := strings.Replace(template, "VALUE", value, 1)
			if strings.Contains(text, `method: ""`) {
				continue // GET, which an editor need not suggest
			}
			reader, editor := faults(text), conforms(s, text)
			switch {
			case len(reader) == 0 && editor != nil:
				t.Errorf("%s\nruns, but an editor marks it: %v", text, editor)
			case len(reader) > 0 && editor == nil && !deeper(template, value):
				t.Errorf("%s\nis refused, but no editor marks it: %v", text, reader)
			}
		}
	}
}

// deeper reports whether a value is refused by a rule that no pattern has.
func deeper(template, value string) bool {
	switch {
	case strings.Contains(template, "stages: VALUE"): // the form within
		return true
	case strings.Contains(template, "checks: "): // the expressions
		return true
	case strings.Contains(template, "headers: VALUE"), strings.Contains(template, "body_file: VALUE"), strings.Contains(template, "body: VALUE"), strings.Contains(template, "url: VALUE"):
		return true
	}
	return value == "\"\"" // no name
}

// templates are a scenario for each key that there is, with VALUE in its place, and one with an unknown key for each mapping.
func templates(t *testing.T) []string {
	t.Helper()
	const phase, kind = "name: a\nphases: [{targets: [{url: \"http://127.0.0.1/\"}], KEY: VALUE}]", "name: a\nphases: [{targets: [{url: \"http://127.0.0.1/\", KEY: VALUE}]}]"
	all := []string{
		"name: VALUE\nphases: [{targets: [{url: \"http://127.0.0.1/\"}]}]", "name: a\nphases: VALUE", "name: a\nphases: [VALUE]", "name: a\nphases: [{targets: VALUE}]", "name: a\nphases: [{targets: [VALUE]}]",
		"name: a\nrepeat: VALUE\nphases: [{targets: [{url: \"http://127.0.0.1/\"}]}]", "name: a\ndefaults: VALUE\nphases: [{}]", "name: a\ndefaults: {rate: VALUE}\nphases: [{}]", "name: a\ndefaults: {spede: VALUE}\nphases: [{}]",
		"name: a\nphases: [{targets: [{url: VALUE}]}]", "name: a\nother: VALUE\nphases: [{}]", strings.Replace(phase, "KEY", "other", 1), strings.Replace(kind, "KEY", "other", 1),
		strings.Replace(kind, "KEY: VALUE", "checks: [VALUE]", 1), strings.Replace(kind, "KEY: VALUE", "extract: [VALUE]", 1),
		strings.Replace(kind, "KEY: VALUE", "extract: [{name: a, regexp: b, other: VALUE}]", 1), strings.Replace(kind, "KEY: VALUE", "extract: [{regexp: b, json: VALUE}]", 1),
	}
	for form, of := range map[string]reflect.Type{phase: reflect.TypeFor[plan.ScenarioPhase](), kind: reflect.TypeFor[plan.ScenarioTarget]()} {
		for i := range of.NumField() {
			if key := of.Field(i).Tag.Get("yaml"); key != "targets" && key != "url" {
				all = append(all, strings.Replace(form, "KEY", key, 1))
			}
		}
	}
	return all
}

func TestExamplesConformToTheSchema(t *testing.T) {
	s := schema(t)
	examples, err := filepath.Glob("../../examples/*.yaml")
	if err != nil || len(examples) < 10 {
		t.Fatalf("%d examples, want at least 10: %v", len(examples), err)
	}
	for _, path := range examples {
		data, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if err := conforms(s, string(data)); err != nil && !strings.Contains(err.Error(), "/defaults'") { // whose flags are not those here
			t.Errorf("%s: %v", path, err)
		}
		if !strings.HasPrefix(string(data), "# yaml-language-server: $schema=scenario.schema.json\n") {
			t.Errorf("%s does not begin with the line that shows editors the schema", path)
		}
	}
}

// Every key has a description, which editors show.
func TestKeysAreDescribed(t *testing.T) {
	data, err := check.Schema(nil)
	if err != nil {
		t.Fatal(err)
	}
	var root map[string]any
	if err := json.Unmarshal(data, &root); err != nil {
		t.Fatal(err)
	}
	var visit func(path string, node map[string]any)
	visit = func(path string, node map[string]any) {
		properties, _ := node["properties"].(map[string]any)
		for key, value := range properties {
			property, ok := value.(map[string]any)
			if !ok || property["description"] == nil {
				t.Errorf("%s.%s has no description", path, key)
			}
			visit(path+"."+key, property)
		}
		if items, ok := node["items"].(map[string]any); ok {
			visit(path, items)
		}
	}
	visit("scenario", root)
}
