// Package jsonbody reads the body of a request that must be one JSON object.
//
// It refuses what encoding/json accepts and changes: a name given twice (the
// last wins), a name in another case, an unpaired surrogate, bytes that are not
// UTF-8 (both become U+FFFD).
package jsonbody

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"reflect"
	"strings"
	"unicode/utf8"

	"loadlab/internal/web/problem"
)

// ErrNotObject is wrapped by the problem of a body that is JSON and not an object.
var ErrNotObject = errors.New("it is not an object")

// IsEmpty reports whether r has no body. That of a chunked request is found out
// by reading its first byte, which is put back. The error is that of reading.
func IsEmpty(r *http.Request) (bool, error) {
	if r.Body == nil || r.Body == http.NoBody || r.ContentLength >= 0 {
		return r.Body == nil || r.Body == http.NoBody || r.ContentLength == 0, nil
	}
	first := make([]byte, 1)
	if _, err := io.ReadFull(r.Body, first); errors.Is(err, io.EOF) {
		return true, nil
	} else if err != nil {
		return false, err
	}
	r.Body = struct {
		io.Reader
		io.Closer
	}{io.MultiReader(bytes.NewReader(first), r.Body), r.Body}
	return false, nil
}

// Read is ReadMedia of application/json.
func Read(r *http.Request, field func(name string, value json.RawMessage) error) error {
	return ReadMedia(r, "application/json", field)
}

// ReadMedia reads a body of the media type want. It calls field for each field
// of the body in its order, until that returns an error. Decoding into a map or
// a struct would hide a field that is given twice, and match names of another case.
//
// The error is what field returned, what reading the body returned, or a
// problem for the client.
func ReadMedia(r *http.Request, want string, field func(name string, value json.RawMessage) error) error {
	body, err := readAll(r, want)
	if err != nil {
		return err
	}
	return split(body, field)
}

// Decode reads the body into a struct, each of whose fields has a json tag. The
// error is that of reading the body, or a problem for the client.
func Decode[T any](r *http.Request, into *T) error {
	body, err := readAll(r, "application/json")
	if err != nil {
		return err
	}
	names := fieldNames(reflect.TypeFor[T]())
	given := map[string]bool{}
	err = split(body, func(name string, _ json.RawMessage) error {
		switch {
		case !names[name]:
			return problem.New(http.StatusBadRequest, fmt.Sprintf("the body has the field %.40q, which is not known", name))
		case given[name]:
			return problem.New(http.StatusBadRequest, fmt.Sprintf("the body has the field %q more than once", name))
		}
		given[name] = true
		return nil
	})
	if err != nil {
		return err
	}
	if err := json.Unmarshal(body, into); err != nil {
		return problem.New(http.StatusBadRequest, "the body cannot be used: "+err.Error())
	}
	return nil
}

func fieldNames(of reflect.Type) map[string]bool {
	names := map[string]bool{}
	for i := range of.NumField() {
		name, _, _ := strings.Cut(of.Field(i).Tag.Get("json"), ",")
		names[name] = true
	}
	return names
}

func readAll(r *http.Request, want string) ([]byte, error) {
	media, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil || media != want {
		return nil, problem.New(http.StatusUnsupportedMediaType, "a body must be "+want)
	}
	return io.ReadAll(r.Body)
}

func split(body []byte, field func(name string, value json.RawMessage) error) error {
	if !utf8.Valid(body) {
		return notAnObject(errors.New("it is not UTF-8"))
	}
	if !pairedSurrogates(body) {
		return notAnObject(errors.New("a string has half a surrogate pair, which is no character"))
	}
	decoder := json.NewDecoder(bytes.NewReader(body))
	if first, err := decoder.Token(); err != nil {
		return notAnObject(err)
	} else if first != json.Delim('{') {
		p := notAnObject(fmt.Errorf("it begins with %v", first))
		if json.Valid(body) {
			return p.Because(ErrNotObject)
		}
		return p
	}
	for decoder.More() {
		name, err := decoder.Token()
		if err != nil {
			return notAnObject(err)
		}
		var value json.RawMessage
		if err := decoder.Decode(&value); err != nil {
			return notAnObject(err)
		}
		if err := distinctNames(value); err != nil {
			return err
		}
		if err := field(fmt.Sprint(name), value); err != nil {
			return err
		}
	}
	if _, err := decoder.Token(); err != nil {
		return notAnObject(err)
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return notAnObject(errors.New("more than one value"))
	}
	return nil
}

func notAnObject(err error) *problem.Problem {
	return problem.New(http.StatusBadRequest, "the body is not a JSON object: "+err.Error())
}
