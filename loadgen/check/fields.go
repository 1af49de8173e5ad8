package check

import (
	"reflect"
	"strings"

	"github.com/goccy/go-yaml"
)

// field is a key that a mapping may have.
type field struct {
	name   string
	of     reflect.Type // without its pointer
	tag    reflect.StructTag
	strict bool // an empty text is a value like any other, since nil means none
}

// fieldsOf are the keys that a struct is read from, in their order.
func fieldsOf(t reflect.Type) []field {
	var fields []field
	for i := range t.NumField() {
		f := t.Field(i)
		if name, _, _ := strings.Cut(f.Tag.Get("yaml"), ","); name != "" && name != "-" {
			fields = append(fields, field{name, plain(f.Type), f.Tag, f.Type.Kind() == reflect.Pointer})
		}
	}
	return fields
}

func plain(t reflect.Type) reflect.Type {
	if t.Kind() == reflect.Pointer {
		return t.Elem()
	}
	return t
}

func names(fields []field) []string {
	var all []string
	for _, f := range fields {
		all = append(all, f.name)
	}
	return all
}

// readsItself reports whether a type has a form of its own, which only its decoder knows.
func readsItself(t reflect.Type) bool {
	return reflect.PointerTo(t).Implements(reflect.TypeFor[yaml.BytesUnmarshaler]()) || reflect.PointerTo(t).Implements(reflect.TypeFor[yaml.InterfaceUnmarshaler]())
}

func (f field) oneOf() []string {
	if f.tag.Get("oneof") == "" {
		return nil
	}
	return strings.Split(f.tag.Get("oneof"), "|")
}

// required are the keys that a mapping cannot be without.
func required(fields []field) []string {
	var all []string
	for _, f := range fields {
		if f.tag.Get("required") == "true" {
			all = append(all, f.name)
		}
	}
	return all
}
