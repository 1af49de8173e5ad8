package check

import (
	"encoding/json"
	"reflect"

	"loadlab/internal/env"
	"loadlab/loadgen/plan"
)

// object is a JSON object of a schema, whose keys are written in alphabetical order.
type object map[string]any

// Schema is the JSON Schema (2020-12) of scenario files, made of the types that they are read into. vars are the
// variables that defaults may have, by their flags. It accepts whatever the generator accepts; what only the whole
// file shows, such as a warm-up longer than its phase, File finds.
func Schema(vars map[string]env.Var) ([]byte, error) {
	schema := schemaOf(reflect.TypeFor[plan.Scenario](), "")
	schema["$schema"] = "https://json-schema.org/draft/2020-12/schema"
	schema["title"] = "Scenario of loadgen"
	properties := schema["properties"].(object)
	phases := properties["phases"].(object)
	phases["minItems"], phases["maxItems"] = 1, plan.MaxPhases
	defaults := object{}
	for flag, v := range vars {
		one := object{"type": scalars(), "description": v.Describe()}
		if len(v.OneOf) > 0 {
			one = object{"enum": v.OneOf, "description": v.Help}
		}
		defaults[flag] = one
	}
	all := properties["defaults"].(object)
	all["properties"], all["additionalProperties"] = defaults, false
	return json.MarshalIndent(schema, "", "  ")
}

// scalars are the types that are read as text.
func scalars() []string { return []string{"string", "number", "boolean"} }

func schemaOf(t reflect.Type, tag reflect.StructTag) object {
	schema := object{}
	f := field{of: t, tag: tag}
	switch {
	case readsItself(t):
	case t.Kind() == reflect.Struct:
		properties := object{}
		for _, f := range fieldsOf(t) {
			properties[f.name] = schemaOf(f.of, f.tag)
		}
		schema = object{"type": "object", "additionalProperties": false, "properties": properties}
		if needed := required(fieldsOf(t)); needed != nil {
			schema["required"] = needed
		}
	case t.Kind() == reflect.Slice:
		schema = object{"type": "array", "items": schemaOf(plain(t.Elem()), "")}
	case t.Kind() == reflect.Map:
		schema = object{"type": "object", "additionalProperties": schemaOf(plain(t.Elem()), "")}
	case t.Kind() == reflect.Bool:
		schema["type"] = "boolean"
	case t.Kind() == reflect.String:
		schema = text(f)
	default:
		schema["type"] = "integer"
		if t.Kind() == reflect.Float64 {
			schema["type"] = "number"
		}
		for key, bound := range map[string]string{"minimum": tag.Get("min"), "maximum": tag.Get("max")} {
			if bound != "" {
				schema[key] = json.Number(bound)
			}
		}
	}
	if help := tag.Get("help"); help != "" {
		if unit := tag.Get("unit"); unit != "" {
			help += ", in " + unit
		}
		schema["description"] = help
	}
	return schema
}

// text is the schema of a string, by the notation that it has.
func text(f field) object {
	const duration = `-?([0-9]+(\.[0-9]+)?(ns|us|µs|μs|ms|s|m|h))+`
	switch {
	case f.oneOf() != nil:
		return object{"enum": f.oneOf()}
	case f.tag.Get("format") == "duration":
		return object{"type": []string{"string", "integer"}, "pattern": "^(" + duration + "|-?0+)$", "minimum": 0, "maximum": 0}
	case f.tag.Get("format") == "stages":
		return object{"type": "string", "pattern": "^[^:,]+:[^:,]+(,[^:,]+:[^:,]+)*$"}
	case f.tag.Get("format") == "url":
		return object{"type": "string", "pattern": "^https?://[^/?#]"}
	}
	return object{"type": scalars()}
}
