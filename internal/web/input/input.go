// Package input reads the parameters of a request from its query or its JSON body.
package input

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"net/url"
	"strconv"

	"loadlab/internal/web/problem"
)

// maxParameters bounds how many parameters a request may give, so that the
// list of those that are wrong stays short.
const maxParameters = 100

// Reader reads the parameters of a request from its query and its JSON body,
// and collects everything that is wrong with them. After the last parameter
// has been read, Err names every bad and every unknown one.
type Reader struct {
	given      map[string]value
	preset     url.Values // values of a named route, used where the request gives none
	known      []string   // parameters that the route has read
	violations []problem.Violation
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

// New reads the query and, where there is one, the JSON body of r.
func New(r *http.Request, preset url.Values) *Reader {
	in := &Reader{preset: preset}
	in.fatal = in.readQuery(r.URL.RawQuery)
	if in.fatal == nil && r.Body != nil && r.Body != http.NoBody && r.ContentLength != 0 {
		in.fatal = in.readBody(r)
	}
	return in
}

// FromPreset reads the arguments of a named route, as of a request that gives none.
func FromPreset(preset url.Values) *Reader { return &Reader{preset: preset} }

func (in *Reader) readQuery(raw string) error {
	if raw == "" {
		return nil
	}
	values, err := url.ParseQuery(raw)
	if err != nil {
		return problem.New(http.StatusBadRequest, "the query cannot be read: "+err.Error())
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
func (in *Reader) readBody(r *http.Request) error {
	media, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil || media != "application/json" {
		return problem.New(http.StatusUnsupportedMediaType, "a body must be application/json")
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
func (in *Reader) takeField(name string, field any, seen map[string]bool) {
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
func (in *Reader) refuse(name, detail string) {
	if in.given == nil {
		in.given = map[string]value{}
	}
	if in.given[name].kind != unusable {
		in.violate(name, detail)
	}
	in.given[name] = value{kind: unusable}
}

func tooMany() error {
	return problem.New(http.StatusBadRequest, "more than "+strconv.Itoa(maxParameters)+" parameters")
}

// bodyProblem tells a body that is too large or cut short from one that is not JSON.
func bodyProblem(err error) error {
	var tooLarge *http.MaxBytesError
	if errors.As(err, &tooLarge) {
		return err
	}
	return problem.New(http.StatusBadRequest, "the body is not a JSON object: "+err.Error())
}
