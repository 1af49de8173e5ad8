// Package input reads the parameters of a request from its query or its JSON body.
package input

import (
	"encoding/json"
	"net/http"
	"net/url"
	"strconv"

	"loadlab/internal/web/jsonbody"
	"loadlab/internal/web/problem"
)

// maxParameters bounds how many parameters a request may give, so that the
// list of those that are wrong stays short.
const maxParameters = 100

// commonParameters is as many as most routes have.
const commonParameters = 4

// Reader reads the parameters of a request from its query and its JSON body,
// and collects everything that is wrong with them. After the last parameter
// has been read, Err names every bad and every unknown one.
type Reader struct {
	given      parameters
	preset     url.Values // values of a named route, used where the request gives none
	known      []string   // parameters that the route has read
	violations []problem.Violation
	fatal      error
}

// New reads the query and, where there is one, the JSON body of r.
func New(r *http.Request, preset url.Values) *Reader {
	in := &Reader{preset: preset, known: make([]string, 0, commonParameters)}
	in.fatal = in.readQuery(r.URL.RawQuery)
	if in.fatal == nil && r.Body != nil && r.Body != http.NoBody {
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
	in.given = make(parameters, 0, len(values))
	for name, all := range values {
		if len(all) > 1 {
			in.refuse(name, "given more than once")
			continue
		}
		in.given.set(name, value{text: all[0]})
	}
	return nil
}

func (in *Reader) readBody(r *http.Request) error {
	if empty, err := jsonbody.IsEmpty(r); empty || err != nil {
		return err
	}
	seen := map[string]bool{}
	return jsonbody.Read(r, func(name string, field json.RawMessage) error {
		if len(seen) == maxParameters {
			return tooMany()
		}
		in.takeField(name, field, seen)
		return nil
	})
}

// takeField keeps one field of the body; seen holds the names of those before it.
func (in *Reader) takeField(name string, field json.RawMessage, seen map[string]bool) {
	_, both := in.given.find(name)
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
	given, ok := scalar(field)
	if !ok {
		in.refuse(name, "must be a number, a string or true or false")
		return
	}
	in.given.set(name, given)
}

// scalar reads a value that is neither null nor an object nor an array.
func scalar(field json.RawMessage) (value, bool) {
	switch field[0] {
	case 'n', '{', '[':
		return value{}, false
	case 't', 'f':
		return value{text: string(field), kind: jsonBool}, true
	case '"':
		var text string
		err := json.Unmarshal(field, &text)
		return value{text: text, kind: jsonString}, err == nil
	}
	return value{text: string(field), kind: jsonNumber}, true
}

// refuse reports a parameter whose value will not be read, once.
func (in *Reader) refuse(name, detail string) {
	if given, _ := in.given.find(name); given.kind != unusable {
		in.violate(name, detail)
	}
	in.given.set(name, value{kind: unusable})
}

func tooMany() error {
	return problem.New(http.StatusBadRequest, "more than "+strconv.Itoa(maxParameters)+" parameters")
}
