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

// maxParameters bounds how many parameters a request may give, so that the
// list of those that are wrong stays short.
const maxParameters = 100

// Input reads the parameters of a request from its query and its JSON body,
// and collects everything that is wrong with them. After the last parameter
// has been read, Err names every bad and every unknown one.
type Input struct {
	given      map[string]value
	preset     url.Values // values of a named route, used where the request gives none
	known      []string   // parameters that the route has read
	violations []Violation
	fatal      error
}

// value is what the request gives for one parameter.
type value struct {
	text string
	kind kind
}

// kind is what a value was written as. Text of a query can be read as anything.
type kind int

const (
	queryText kind = iota
	jsonNumber
	jsonBool
	jsonString
	unusable // a violation says why
)

// newInput reads the query and, where there is one, the JSON body of r.
func newInput(r *http.Request, preset url.Values) *Input {
	in := &Input{preset: preset}
	in.fatal = in.readQuery(r.URL.RawQuery)
	if in.fatal == nil && r.Body != nil && r.Body != http.NoBody && r.ContentLength != 0 {
		in.fatal = in.readBody(r)
	}
	return in
}

func (in *Input) readQuery(raw string) error {
	if raw == "" {
		return nil
	}
	values, err := url.ParseQuery(raw)
	if err != nil {
		return NewProblem(http.StatusBadRequest, "the query cannot be read: "+err.Error())
	}
	if len(values) > maxParameters {
		return tooMany()
	}
	in.given = make(map[string]value, len(values))
	for name, all := range values {
		if len(all) > 1 {
			in.refuse(name, "given more than once")
			continue
		}
		in.given[name] = value{text: all[0]}
	}
	return nil
}

// readBody reads one JSON object field by field: decoding it into a map would
// hide a field that is given twice.
func (in *Input) readBody(r *http.Request) error {
	media, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil || media != "application/json" {
		return NewProblem(http.StatusUnsupportedMediaType, "a body must be application/json")
	}
	decoder := json.NewDecoder(r.Body)
	decoder.UseNumber()
	if first, err := decoder.Token(); err != nil {
		return bodyProblem(err)
	} else if first != json.Delim('{') {
		return bodyProblem(fmt.Errorf("it begins with %v", first))
	}
	seen := map[string]bool{}
	for decoder.More() {
		name, err := decoder.Token()
		if err != nil {
			return bodyProblem(err)
		}
		var field any
		if err := decoder.Decode(&field); err != nil {
			return bodyProblem(err)
		}
		if len(seen) == maxParameters {
			return tooMany()
		}
		in.takeField(fmt.Sprint(name), field, seen)
	}
	if _, err := decoder.Token(); err != nil {
		return bodyProblem(err)
	}
	return noMore(decoder)
}

func noMore(decoder *json.Decoder) error {
	switch _, err := decoder.Token(); {
	case errors.Is(err, io.EOF):
		return nil
	case errors.As(err, new(*http.MaxBytesError)):
		return err
	}
	return bodyProblem(errors.New("more than one value"))
}

// takeField keeps one field of the body; seen holds the names of those before it.
func (in *Input) takeField(name string, field any, seen map[string]bool) {
	_, both := in.given[name]
	twice := seen[name]
	seen[name] = true
	switch {
	case twice:
		in.refuse(name, "given more than once")
		return
	case both:
		in.refuse(name, "given in the query and in the body")
		return
	}
	var given value
	switch v := field.(type) {
	case json.Number:
		given = value{text: v.String(), kind: jsonNumber}
	case bool:
		given = value{text: strconv.FormatBool(v), kind: jsonBool}
	case string:
		given = value{text: v, kind: jsonString}
	default:
		in.refuse(name, "must be a number, a string or true or false")
		return
	}
	if in.given == nil {
		in.given = map[string]value{}
	}
	in.given[name] = given
}

// refuse reports a parameter whose value will not be read, once.
func (in *Input) refuse(name, detail string) {
	if in.given == nil {
		in.given = map[string]value{}
	}
	if in.given[name].kind != unusable {
		in.violate(name, detail)
	}
	in.given[name] = value{kind: unusable}
}

func tooMany() error {
	return NewProblem(http.StatusBadRequest, "more than "+strconv.Itoa(maxParameters)+" parameters")
}

// bodyProblem tells a body that is too large or cut short from one that is not JSON.
func bodyProblem(err error) error {
	var tooLarge *http.MaxBytesError
	if errors.As(err, &tooLarge) {
		return err
	}
	return NewProblem(http.StatusBadRequest, "the body is not a JSON object: "+err.Error())
}

// raw returns the text of a parameter and whether the request or the route gave
// one that can be read. In a JSON body it must have been written as want.
func (in *Input) raw(name string, want kind) (text string, typed, ok bool) {
	in.known = append(in.known, name)
	given, found := in.given[name]
	switch {
	case found && given.kind == unusable:
		return "", true, false
	case found:
		return given.text, given.kind == queryText || given.kind == want, true
	case in.preset.Has(name):
		return in.preset.Get(name), true, true
	}
	return "", true, false
}

func (in *Input) violate(name, detail string) {
	in.violations = append(in.violations, Violation{Parameter: name, Detail: detail})
}

// number reads a finite number, and refuses a JSON string that holds one.
func (in *Input) number(name string, otherwise, low, high float64, noun string) float64 {
	text, typed, ok := in.raw(name, jsonNumber)
	if !ok {
		return otherwise
	}
	value, err := strconv.ParseFloat(text, 64)
	if err != nil || !typed || math.IsNaN(value) || value < low || value > high ||
		(noun == wholeNumber && value != math.Trunc(value)) {
		in.violate(name, fmt.Sprintf("must be %s from %s to %s", noun, plain(low), plain(high)))
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
	text, typed, ok := in.raw(name, jsonBool)
	if !ok {
		return otherwise
	}
	if !typed || (text != "true" && text != "false") {
		in.violate(name, "must be true or false")
		return otherwise
	}
	return text == "true"
}

// Choice reads one of allowed.
func (in *Input) Choice(name, otherwise string, allowed ...string) string {
	text, typed, ok := in.raw(name, jsonString)
	if !ok {
		return otherwise
	}
	if !typed || !slices.Contains(allowed, text) {
		in.violate(name, "must be one of "+strings.Join(allowed, ", "))
		return otherwise
	}
	return text
}

// Text reads a string of at most most bytes.
func (in *Input) Text(name, otherwise string, most int) string {
	text, typed, ok := in.raw(name, jsonString)
	if !ok {
		return otherwise
	}
	if !typed {
		in.violate(name, "must be a string")
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
	text, typed, ok := in.raw(name, jsonString)
	if !ok {
		return otherwise
	}
	value, err := time.ParseDuration(text)
	if err != nil || !typed || value < low || value > high {
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
	for name, given := range in.given {
		if given.kind != unusable && !slices.Contains(in.known, name) {
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
	return InvalidParameters(in.violations)
}

func (in *Input) unknownDetail() string {
	if len(in.known) == 0 {
		return "is not a parameter; this route has none"
	}
	return "is not a parameter of this route; it has " + strings.Join(slices.Compact(slices.Sorted(slices.Values(in.known))), ", ")
}

func milliseconds(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }
