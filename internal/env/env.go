// Package env fills configuration structs from environment variables, reporting every problem at once.
//
// A field declares its variable in tags, which are the only place where its
// name, default, bounds and meaning are written:
//
//	Concurrency int `env:"MAX_CONCURRENCY" envDefault:"512" min:"1" max:"100000" unit:"requests" help:"requests served at once"`
//
// Parsing is done by caarlos0/env; this package adds the bounds, the injected
// getenv, the names of the variables in errors, and the declarations as data
// for help texts and documentation.
package env

import (
	"encoding"
	"errors"
	"fmt"
	"reflect"
	"strings"

	caarlos "github.com/caarlos0/env/v11"
)

// Getenv looks a variable up; the empty string means that it is not set.
type Getenv func(name string) string

// Validator is implemented by a configuration whose fields depend on each other.
type Validator interface {
	// Validate returns a problem for each variable whose value does not fit the others.
	Validate() []Problem
}

// Problem is one variable with a value that cannot be used.
type Problem struct {
	Variable string // name of the environment variable
	Value    string // its value; empty when it is secret or was not set
	Reason   string // what is wrong and what is allowed
}

func (p Problem) String() string {
	if p.Value == "" {
		return p.Variable + ": " + p.Reason
	}
	return fmt.Sprintf("%s=%q: %s", p.Variable, p.Value, p.Reason)
}

// Error lists every variable that cannot be used. It is what Parse returns.
type Error struct {
	Problems []Problem
}

func (e *Error) Error() string {
	lines := make([]string, len(e.Problems))
	for i, p := range e.Problems {
		lines[i] = p.String()
	}
	return strings.Join(lines, "; ")
}

// Parse fills cfgs, pointers to structs, from getenv.
//
// Every value that does not parse or breaks its bounds is reported in one
// *Error. A variable declared by two fields is a mistake of the program and
// an error of another type, as is a pointer to anything but a struct.
func Parse(getenv Getenv, cfgs ...any) error {
	vars, err := Vars(cfgs...)
	if err != nil {
		return err
	}
	values := make(map[string]string, len(vars))
	for _, v := range vars {
		if s := getenv(v.Name); s != "" {
			values[v.Name] = s
		}
	}
	var problems []Problem
	for _, cfg := range cfgs {
		found, err := parseOne(cfg, values)
		if err != nil {
			return err
		}
		problems = append(problems, found...)
	}
	if len(problems) > 0 {
		return &Error{Problems: problems}
	}
	return nil
}

func parseOne(cfg any, values map[string]string) ([]Problem, error) {
	var problems []Problem
	failed := map[string]bool{}
	err := caarlos.ParseWithOptions(cfg, caarlos.Options{Environment: values, FuncMap: parsers()})
	var all caarlos.AggregateError
	switch {
	case err == nil:
	case errors.As(err, &all):
		for _, e := range all.Errors {
			var bad caarlos.ParseError
			if !errors.As(e, &bad) {
				return nil, fmt.Errorf("read configuration %T: %w", cfg, e)
			}
			v := varOfField(cfg, bad.Name)
			failed[v.Name] = true
			problems = append(problems, v.problem(values[v.Name], parseReason(bad)))
		}
	default:
		return nil, fmt.Errorf("read configuration %T: %w", cfg, err)
	}
	walk(reflect.ValueOf(cfg).Elem(), func(field reflect.StructField, value reflect.Value) {
		v := newVar(field)
		if failed[v.Name] {
			return
		}
		if reason := v.outOfBounds(value); reason != "" {
			problems = append(problems, v.problem(values[v.Name], reason))
		}
	})
	if validator, ok := cfg.(Validator); ok && len(problems) == 0 {
		problems = validator.Validate()
	}
	return problems, nil
}

// parseReason keeps what a type's own parser says and replaces strconv's words for the basic ones.
func parseReason(bad caarlos.ParseError) string {
	kind := bad.Type.Kind()
	if reflect.PointerTo(bad.Type).Implements(textUnmarshaler) {
		kind = reflect.Invalid // its own words say more than those of its kind
	}
	switch kind {
	case reflect.Bool:
		return "not a truth value; allowed are true and false"
	case reflect.Int, reflect.Int32, reflect.Uint, reflect.Uint32, reflect.Uint64:
		return "not a whole number in range"
	case reflect.Float64:
		return "not a number"
	case reflect.Int64:
		if bad.Type == durationType {
			return "not a duration; write a number with a unit, as in 250ms, 10s or 2m"
		}
		return "not a whole number in range"
	}
	reason := bad.Err.Error()
	var value caarlos.ParseValueError
	if errors.As(bad.Err, &value) && value.Err != nil {
		reason = value.Err.Error()
	}
	return reason
}

var textUnmarshaler = reflect.TypeFor[encoding.TextUnmarshaler]()

func varOfField(cfg any, fieldName string) Var {
	var found Var
	walk(reflect.ValueOf(cfg).Elem(), func(field reflect.StructField, _ reflect.Value) {
		if field.Name == fieldName {
			found = newVar(field)
		}
	})
	return found
}
