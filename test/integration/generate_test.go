package integration

import (
	"encoding/json"
	"math"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/pb33f/libopenapi/datamodel/high/base"
	v3 "github.com/pb33f/libopenapi/datamodel/high/v3"
	"pgregory.net/rapid"
)

// cheap bounds generated values whose cost grows with them; ids stay where items are.
func cheap(parameter string, maximum float64) float64 {
	bound, known := map[string]float64{
		"ms": 3, "io_ms": 3, "cpu_ms": 3, "hops": 2, "width": 2, "kb": 16, "rounds": 1000,
		"below": 10_000, "n": 32, "records": 100, "id": 50,
	}[parameter]
	if !known {
		return maximum
	}
	return min(bound, maximum)
}

func is(s *base.Schema, kind string) bool { return slices.Contains(s.Type, kind) }

// validValue draws a value that the schema allows.
func validValue(t *rapid.T, name string, s *base.Schema) any {
	low, high := 0.0, float64(math.MaxInt32)
	if s.Minimum != nil {
		low = *s.Minimum
	}
	if s.Maximum != nil {
		high = *s.Maximum
	}
	high = cheap(name, high)
	switch {
	case is(s, "integer"):
		return rapid.Int64Range(int64(low), int64(high)).Draw(t, name)
	case is(s, "number"):
		return rapid.Float64Range(low, high).Draw(t, name)
	case is(s, "boolean"):
		return rapid.Bool().Draw(t, name)
	case s.Pattern != "":
		return rapid.StringMatching(s.Pattern).Filter(fits(s)).Draw(t, name)
	}
	return rapid.StringMatching(`[a-z]{1,10}`).Draw(t, name)
}

// fits reports whether a text that matches the pattern has a length that the schema allows.
func fits(s *base.Schema) func(string) bool {
	return func(text string) bool {
		length := int64(utf8.RuneCountInString(text))
		return (s.MinLength == nil || length >= *s.MinLength) && (s.MaxLength == nil || length <= *s.MaxLength)
	}
}

// restricts reports whether the schema of a parameter forbids any text.
func restricts(s *base.Schema) bool { return s.Pattern != "" || !is(s, "string") }

// invalidText draws the text of a parameter that the schema forbids.
func invalidText(t *rapid.T, name string, s *base.Schema) string {
	switch {
	case is(s, "integer"), is(s, "number"):
		texts := []string{"", "ten", "1,5", "1e999", "NaN", "Infinity", "-Inf", "0x1p4", "1_000", "+1", " 1", "1 ", "--1", "٣", "true", "null"}
		if is(s, "integer") {
			texts = append(texts, "1.5")
		}
		if s.Minimum != nil {
			texts = append(texts, plainText(*s.Minimum-1), "-1e300")
		}
		if s.Maximum != nil {
			texts = append(texts, plainText(*s.Maximum+1), "1e300")
		}
		return rapid.SampledFrom(texts).Draw(t, name)
	case is(s, "boolean"):
		return rapid.SampledFrom([]string{"", "yes", "1", "0", "TRUE", "t", " true", "null"}).Draw(t, name)
	}
	// No pattern of the document matches letters alone, or a text of this length without quotes.
	return rapid.StringMatching(`[a-z]{1,15}|[a-z][!#-~]{20,30}`).Draw(t, name)
}

// invalidJSON draws a JSON value that the schema of a field forbids.
func invalidJSON(t *rapid.T, name string, s *base.Schema) json.RawMessage {
	values := []string{"{}", "[]", `[1]`, `{"a":{"b":null}}`}
	switch {
	case is(s, "integer"):
		values = append(values, `"1"`, "true", "0.5", "-1", "1e10", "1e400", "-1e-400", "1.00000000000000000001")
	case is(s, "string"):
		values = append(values, "1", "false", `""`, `"  "`, `"a\u0000"`, `"\u2003"`, `"`+strings.Repeat("ü", 201)+`"`)
	}
	return json.RawMessage(rapid.SampledFrom(values).Draw(t, name))
}

// validObject draws a value of an object schema, or of the flat object that a work route takes its parameters in.
func validObject(t *rapid.T, o operation, s *base.Schema) map[string]any {
	object := map[string]any{}
	if s.Properties == nil {
		for _, p := range o.parameters {
			if p.In == "query" && rapid.Bool().Draw(t, "give "+p.Name) {
				object[p.Name] = validValue(t, p.Name, p.Schema.Schema())
			}
		}
		return object
	}
	for name, property := range s.Properties.FromOldest() {
		settable := name != "id" && name != "version" // which only repeat what the service gave
		if slices.Contains(s.Required, name) || settable && rapid.Bool().Draw(t, "give "+name) {
			object[name] = validValue(t, name, property.Schema())
		}
	}
	return object
}

// validCall draws a request that the document allows.
func validCall(t *rapid.T, o operation) call {
	var with call
	for _, p := range o.parameters {
		required := p.Required != nil && *p.Required
		if !required && !rapid.Bool().Draw(t, "give "+p.Name) {
			continue
		}
		with = with.plus(p, validParameter(t, p))
	}
	if o.body == nil || o.body.Required == nil && rapid.Bool().Draw(t, "no body") {
		return with
	}
	media, schema := o.media()
	object := validObject(t, o, schema)
	for name := range object {
		if schema.Properties == nil {
			delete(with.query, name) // a parameter is given in one place
		}
	}
	with.media, with.body = media, flat(object)
	return with
}

func validParameter(t *rapid.T, p *v3.Parameter) string {
	if p.Name == "cursor" || p.Name == "name" { // opaque to a client: the example is one that exists
		return p.Example.Value
	}
	return plainText(validValue(t, p.Name, p.Schema.Schema()))
}

// takesAnything reports whether every request of the operation is valid.
func (o operation) takesAnything() bool { return len(o.parameters) == 0 && o.body == nil }

// invalidate draws one way to make a request of the operation invalid, and applies it.
func invalidate(t *rapid.T, o operation, with call) call {
	ways := []func() call{func() call {
		return with.plus(&v3.Parameter{Name: "unknown", In: "query"}, rapid.StringMatching(`[ -~]{0,5}`).Draw(t, "unknown"))
	}}
	for _, p := range o.parameters {
		if !restricts(p.Schema.Schema()) {
			continue
		}
		ways = append(ways, func() call {
			text := invalidText(t, "bad "+p.Name, p.Schema.Schema())
			if p.In == "path" && strings.TrimSpace(text) == "" {
				text = "0" // without a segment it would be another path
			}
			return with.plus(p, text)
		})
	}
	if o.body != nil && rapid.Bool().Draw(t, "bad body") { // which has more ways to be wrong than the rest
		return invalidBody(t, o, with)
	}
	return ways[rapid.IntRange(0, len(ways)-1).Draw(t, "way")]()
}

// invalidBody replaces the body by one that the document forbids.
func invalidBody(t *rapid.T, o operation, with call) call {
	media, schema := o.media()
	with.media = media
	switch rapid.SampledFrom([]string{"media", "syntax", "no object", "unknown field", "field", "field", "field"}).Draw(t, "body") {
	case "media":
		with.media = rapid.SampledFrom([]string{"text/plain", "application/xml", "application/x-www-form-urlencoded", "json", ";"}).Draw(t, "media")
		with.body = `{}`
	case "syntax":
		with.body = rapid.SampledFrom([]string{"{", `{"name":`, `{"a":1,}`, "{}{}", "{'a':1}", "\xff", "{\"a\":\"\xff\"}", `{"a":01}`, `{"a":1,"a":1}`, `{"name":"a\ud800b","quantity":1}`, "nul"}).Draw(t, "syntax")
	case "no object":
		with.body = rapid.SampledFrom([]string{"null", "[]", `"text"`, "1", "true", `[{"name":"bolt","quantity":1}]`}).Draw(t, "no object")
	case "unknown field":
		object := validObject(t, o, schema)
		object["unknown"] = rapid.SampledFrom([]any{1, "a", true, map[string]any{}}).Draw(t, "unknown")
		with.body = flat(object)
	case "field":
		object := validObject(t, o, schema)
		if schema.Properties == nil {
			object["ms"] = json.RawMessage(rapid.SampledFrom([]string{"null", "{}", "[]", `"5"`, "-1", "1e400"}).Draw(t, "ms"))
		} else {
			name := rapid.SampledFrom([]string{"name", "quantity"}).Draw(t, "field")
			object[name] = invalidJSON(t, "bad "+name, schema.Properties.GetOrZero(name).Schema())
		}
		with.body = flat(object)
	}
	return with
}
