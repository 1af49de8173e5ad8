package loadlab_test

import (
	"fmt"
	"path"
	"slices"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"
)

// openAPI is the part of the gateway's document that describes work routes.
type openAPI struct {
	Paths      map[string]openAPIPath `yaml:"paths"`
	Components struct {
		Responses map[string]struct {
			Content map[string]struct {
				Schema struct {
					AllOf []struct {
						Properties map[string]reference `yaml:"properties"`
					} `yaml:"allOf"`
				} `yaml:"schema"`
			} `yaml:"content"`
		} `yaml:"responses"`
		Schemas map[string]struct {
			Required []string `yaml:"required"`
		} `yaml:"schemas"`
	} `yaml:"components"`
}

type reference struct {
	Ref string `yaml:"$ref"`
}

type openAPIPath struct {
	Summary    string `yaml:"summary"`
	Parameters []struct {
		Name   string `yaml:"name"`
		In     string `yaml:"in"`
		Schema struct {
			Default any  `yaml:"default"`
			Minimum *any `yaml:"minimum"`
			Maximum *any `yaml:"maximum"`
		} `yaml:"schema"`
	} `yaml:"parameters"`
	Get struct {
		Responses map[string]reference `yaml:"responses"`
	} `yaml:"get"`
}

func TestWorkRoutesAreDocumented(t *testing.T) {
	var document openAPI
	readYAML(t, "internal/web/openapi/openapi.yaml", &document)
	var order struct {
		Paths yaml.MapSlice `yaml:"paths"`
	}
	readYAML(t, "internal/web/openapi/openapi.yaml", &order)
	table := "| route | parameters (default; bounds) | what it does | fields of the result |\n|---|---|---|---|\n"
	for _, item := range order.Paths {
		route := item.Key.(string)
		if group, name, _ := strings.Cut(strings.TrimPrefix(route, "/"), "/"); !slices.Contains([]string{"io", "cpu", "mixed"}, group) || name == "{name}" {
			continue
		}
		p := document.Paths[route]
		table += fmt.Sprintf("| `%s` | %s | %s | %s |\n", route, p.parameters(), strings.TrimSuffix(p.Summary, "."), document.result(p))
	}
	compareWithBlock(t, "docs/services.md", "routes", table)
}

func (p openAPIPath) parameters() string {
	var all []string
	for _, one := range p.Parameters {
		text := fmt.Sprintf("`%s` (%v", one.Name, one.Schema.Default)
		if one.Schema.Minimum != nil && one.Schema.Maximum != nil {
			text += fmt.Sprintf("; %v..%v", *one.Schema.Minimum, *one.Schema.Maximum)
		}
		all = append(all, text+")")
	}
	return strings.Join(all, ", ")
}

// result lists the fields by which a caller can check the work.
func (d openAPI) result(p openAPIPath) string {
	var fields []string
	for _, part := range d.Components.Responses[path.Base(p.Get.Responses["200"].Ref)].Content["application/json"].Schema.AllOf {
		for _, field := range d.Components.Schemas[path.Base(part.Properties["result"].Ref)].Required {
			fields = append(fields, "`"+field+"`")
		}
	}
	return strings.Join(fields, ", ")
}
