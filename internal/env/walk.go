package env

import "reflect"

// walk calls visit for each field with an env tag, depth first in order of declaration.
func walk(v reflect.Value, visit func(reflect.StructField, reflect.Value)) {
	for i := range v.NumField() {
		field := v.Type().Field(i)
		if !field.IsExported() {
			continue
		}
		if field.Tag.Get("env") != "" {
			visit(field, v.Field(i))
		} else if field.Type.Kind() == reflect.Struct {
			walk(v.Field(i), visit)
		}
	}
}
