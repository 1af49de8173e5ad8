package web

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"mime"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Input reads the parameters of a request from its query and its JSON body,
// and collects everything that is wrong with them. After the last parameter
// has been read, Err names every bad and every unknown one.
type Input struct {
	given      map[string]string // one value a parameter, as text
	quoted     map[string]bool   // where a JSON body gave a string
	preset     url.Values        // values of a named route, used where the request gives none
	known      []string
	violations []Violation
	fatal      error
}

// newInput reads the query and, where there is one, the JSON body of r.
func newInput(r *http.Request, preset url.Values) *Input {
	in := &Input{preset: preset}
	in.readQuery(r.URL.RawQuery)
	if r.Body != nil && r.Body != http.NoBody && r.ContentLength != 0 {
		in.readBody(r)
	}
	return in
}

func (in *Input) readQuery(raw string) {
	if raw == "" {
		return
	}
	values, err := url.ParseQuery(raw)
	if err != nil {
		in.fatal = NewProblem(http.StatusBadRequest, "the query cannot be read: "+err.Error())
		return
	}
	in.given = make(map[string]string, len(values))
	for name, all := range values {
		if len(all) > 1 {
			in.violate(name, "given more than once")
			in.known = append(in.known, name)
			continue
		}
		in.given[name] = all[0]
	}
}

func (in *Input) readBody(r *http.Request) {
	media, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil || media != "application/json" {
		in.fatal = NewProblem(http.StatusUnsupportedMediaType, "a body must be application/json")
		return
	}
	var fields map[string]any
	decoder := json.NewDecoder(r.Body)
	decoder.UseNumber()
	if err := decoder.Decode(&fields); err != nil {
		in.fatal = bodyProblem(err)
		return
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		in.fatal = bodyProblem(errors.New("more than one value"))
		return
	}
	if in.given == nil {
		in.given = make(map[string]string, len(fields))
	}
	for name, value := range fields {
		in.takeField(name, value)
	}
}

func (in *Input) takeField(name string, value any) {
	if _, both := in.given[name]; both {
		in.violate(name, "given in the query and in the body")
		return
	}
	switch v := value.(type) {
	case json.Number:
		in.given[name] = v.String()
	case bool:
		in.given[name] = strconv.FormatBool(v)
	case string:
		in.given[name] = v
		if in.quoted == nil {
			in.quoted = map[string]bool{}
		}
		in.quoted[name] = true
	default:
		in.violate(name, "must be a number, a string or true or false")
		in.known = append(in.known, name)
	}
}

// bodyProblem tells a body that is too large or cut short from one that is not JSON.
func bodyProblem(err error) error {
	var tooLarge *http.MaxBytesError
	if errors.As(err, &tooLarge) {
		return err
	}
	return NewProblem(http.StatusBadRequest, "the body is not a JSON object: "+err.Error())
}

// raw returns the text of a parameter and whether the request or the route gave it.
func (in *Input) raw(name string) (string, bool) {
	in.known = append(in.known, name)
	if text, ok := in.given[name]; ok {
		return text, true
	}
	if in.preset.Has(name) {
		return in.preset.Get(name), true
	}
	return "", false
}

func (in *Input) violate(name, detail string) {
	in.violations = append(in.violations, Violation{Parameter: name, Detail: detail})
}

// number reads a finite number, and refuses a JSON string that holds one.
func (in *Input) number(name string, otherwise, low, high float64, kind string) float64 {
	text, ok := in.raw(name)
	if !ok {
		return otherwise
	}
	value, err := strconv.ParseFloat(text, 64)
	if err != nil || in.quoted[name] || math.IsNaN(value) || value < low || value > high ||
		(kind == wholeNumber && value != math.Trunc(value)) {
		in.violate(name, fmt.Sprintf("must be %s from %s to %s", kind, plain(low), plain(high)))
		return otherwise
	}
	return value
}

const (
	anyNumber   = "a number"
	wholeNumber = "a whole number"
)

func plain(value float64) string { return strconv.FormatFloat(value, 'f', -1, 64) }

// Float reads a number from low to high.
func (in *Input) Float(name string, otherwise, low, high float64) float64 {
	return in.number(name, otherwise, low, high, anyNumber)
}

// Int reads a whole number from low to high.
func (in *Input) Int(name string, otherwise, low, high int) int {
	return int(in.number(name, float64(otherwise), float64(low), float64(high), wholeNumber))
}

// Millis reads a number of milliseconds, which may have a fraction, from low to high.
func (in *Input) Millis(name string, otherwise, low, high time.Duration) time.Duration {
	ms := in.number(name, milliseconds(otherwise), milliseconds(low), milliseconds(high), "a number of milliseconds")
	return time.Duration(ms * float64(time.Millisecond))
}

// Bool reads true or false.
func (in *Input) Bool(name string, otherwise bool) bool {
	text, ok := in.raw(name)
	if !ok {
		return otherwise
	}
	if text != "true" && text != "false" {
		in.violate(name, "must be true or false")
		return otherwise
	}
	return text == "true"
}

// Choice reads one of allowed.
func (in *Input) Choice(name, otherwise string, allowed ...string) string {
	text, ok := in.raw(name)
	if !ok {
		return otherwise
	}
	if !slices.Contains(allowed, text) {
		in.violate(name, "must be one of "+strings.Join(allowed, ", "))
		return otherwise
	}
	return text
}

// Text reads a string of at most most bytes.
func (in *Input) Text(name, otherwise string, most int) string {
	text, ok := in.raw(name)
	if !ok {
		return otherwise
	}
	if len(text) > most {
		in.violate(name, fmt.Sprintf("must have at most %d bytes", most))
		return otherwise
	}
	return text
}

// Duration reads a duration with its unit, such as 30s, from low to high.
func (in *Input) Duration(name string, otherwise, low, high time.Duration) time.Duration {
	text, ok := in.raw(name)
	if !ok {
		return otherwise
	}
	value, err := time.ParseDuration(text)
	if err != nil || value < low || value > high {
		in.violate(name, fmt.Sprintf("must be a duration from %s to %s, such as 30s", low, high))
		return otherwise
	}
	return value
}

// Has reports whether the request gives the parameter, without reading it.
func (in *Input) Has(name string) bool {
	_, given := in.given[name]
	return given || in.preset.Has(name)
}

// Violate reports a parameter whose value does not fit the others.
func (in *Input) Violate(name, detail string) { in.violate(name, detail) }

// Err returns nil, or the problem that lists every parameter that is wrong or
// that the route does not have. It is called after all have been read.
func (in *Input) Err() error {
	if in.fatal != nil {
		return in.fatal
	}
	for name := range in.given {
		if !slices.Contains(in.known, name) {
			in.violate(name, in.unknownDetail())
		}
	}
	for name := range in.preset {
		if !slices.Contains(in.known, name) {
			in.violate(name, in.unknownDetail())
		}
	}
	if len(in.violations) == 0 {
		return nil
	}
	slices.SortFunc(in.violations, func(a, b Violation) int { return strings.Compare(a.Parameter, b.Parameter) })
	problem := NewProblem(http.StatusBadRequest, describe(in.violations))
	problem.Errors = in.violations
	return problem
}

func (in *Input) unknownDetail() string {
	if len(in.known) == 0 {
		return "is not a parameter; this route has none"
	}
	return "is not a parameter of this route; it has " + strings.Join(slices.Compact(slices.Sorted(slices.Values(in.known))), ", ")
}

func describe(violations []Violation) string {
	parts := make([]string, len(violations))
	for i, v := range violations {
		parts[i] = v.Parameter + " " + v.Detail
	}
	return strings.Join(parts, "; ")
}

func milliseconds(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }
