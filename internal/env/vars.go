package env

import (
	"fmt"
	"math"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"
)

var durationType = reflect.TypeFor[time.Duration]()

// Var is the declaration of one variable.
type Var struct {
	Name    string            // of the environment variable
	Default string            // as written in the environment; empty if there is none
	Min     string            // least value allowed; empty if unbounded
	Max     string            // greatest value allowed; empty if unbounded
	OneOf   []string          // the only values allowed; empty if any
	Unit    string            // unit of a bare number; empty if it has none
	Help    string            // what it does, in one sentence without a full stop
	Secret  bool              // its value is never printed
	Truth   bool              // its values are true and false
	Tag     reflect.StructTag // of the field, for what a program declares in addition
}

// Vars returns the declarations in cfgs, pointers to structs, in order.
// It fails when two fields claim one variable, or two fields of one struct and
// of those in it have one name.
func Vars(cfgs ...any) ([]Var, error) {
	var vars []Var
	claimed := map[string]bool{}
	var twice, ambiguous []string
	for _, cfg := range cfgs {
		fields := map[string]bool{}
		v := reflect.ValueOf(cfg)
		if v.Kind() != reflect.Pointer || v.Elem().Kind() != reflect.Struct {
			return nil, fmt.Errorf("configuration %T is not a pointer to a struct", cfg)
		}
		walk(v.Elem(), func(field reflect.StructField, _ reflect.Value) {
			declared := newVar(field)
			if claimed[declared.Name] {
				twice = append(twice, declared.Name)
			}
			claimed[declared.Name] = true
			// The parser names a field without its path, so the name has to be enough.
			if fields[field.Name] {
				ambiguous = append(ambiguous, field.Name)
			}
			fields[field.Name] = true
			vars = append(vars, declared)
		})
	}
	if len(twice) > 0 {
		return nil, fmt.Errorf("variables declared twice: %s", strings.Join(twice, ", "))
	}
	if len(ambiguous) > 0 {
		return nil, fmt.Errorf("two fields of one configuration are named %s", strings.Join(ambiguous, ", "))
	}
	return vars, nil
}

func newVar(field reflect.StructField) Var {
	name, _, _ := strings.Cut(field.Tag.Get("env"), ",")
	v := Var{
		Name:    name,
		Default: field.Tag.Get("envDefault"),
		Min:     field.Tag.Get("min"),
		Max:     field.Tag.Get("max"),
		Unit:    field.Tag.Get("unit"),
		Help:    field.Tag.Get("help"),
		Secret:  field.Tag.Get("secret") == "true",
		Truth:   field.Type.Kind() == reflect.Bool,
		Tag:     field.Tag,
	}
	if oneOf := field.Tag.Get("oneof"); oneOf != "" {
		v.OneOf = strings.Split(oneOf, "|")
	}
	return v
}

// Allowed says which values the variable takes, for help texts; it is empty when any will do.
func (v Var) Allowed() string {
	switch {
	case len(v.OneOf) > 0:
		return "one of " + strings.Join(v.OneOf, ", ")
	case v.Min != "" && v.Max != "":
		return v.Min + " to " + v.Max
	case v.Min != "":
		return "at least " + v.Min
	case v.Max != "":
		return "at most " + v.Max
	}
	return ""
}

func (v Var) problem(value, reason string) Problem {
	if allowed := v.Allowed(); allowed != "" {
		reason += " (allowed: " + allowed + ")"
	}
	if v.Secret {
		value = ""
	}
	return Problem{Variable: v.Name, Value: value, Reason: reason}
}

// outOfBounds returns why value breaks the declaration, or nothing.
func (v Var) outOfBounds(value reflect.Value) string {
	switch {
	case value.Type() == durationType:
		d := float64(value.Int())
		return compare(d, parseDuration(v.Min, math.Inf(-1)), parseDuration(v.Max, math.Inf(1)))
	case value.CanInt():
		return compare(float64(value.Int()), parseFloat(v.Min, math.Inf(-1)), parseFloat(v.Max, math.Inf(1)))
	case value.CanUint():
		return compare(float64(value.Uint()), parseFloat(v.Min, math.Inf(-1)), parseFloat(v.Max, math.Inf(1)))
	case value.CanFloat():
		return compare(value.Float(), parseFloat(v.Min, -math.MaxFloat64), parseFloat(v.Max, math.MaxFloat64))
	case value.Kind() == reflect.String && len(v.OneOf) > 0:
		if !slices.Contains(v.OneOf, value.String()) {
			return "not a value it can take"
		}
	}
	return ""
}

func compare(value, low, high float64) string {
	switch {
	case math.IsNaN(value):
		return "not a number"
	case value < low:
		return "too small"
	case value > high:
		return "too large"
	}
	return ""
}

func parseFloat(s string, otherwise float64) float64 {
	if s == "" {
		return otherwise
	}
	return must(strconv.ParseFloat(s, 64))
}

func parseDuration(s string, otherwise float64) float64 {
	if s == "" {
		return otherwise
	}
	return float64(must(time.ParseDuration(s)))
}

// must panics on a malformed bound: tags are code, and every declaration is parsed at each start.
func must[T any](value T, err error) T {
	if err != nil {
		panic(err)
	}
	return value
}
