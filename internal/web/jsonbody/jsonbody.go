// Package jsonbody reads the body of a request that must be one JSON object.
package jsonbody

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"unicode/utf8"

	"loadlab/internal/web/problem"
)

// Read calls field for each field of the body in its order, until that returns
// an error. Decoding into a map or a struct would hide a field that is given
// twice, and match names of another case.
//
// The error is what field returned, the body's own *http.MaxBytesError, or a
// problem for the client.
func Read(r *http.Request, field func(name string, value json.RawMessage) error) error {
	media, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil || media != "application/json" {
		return problem.New(http.StatusUnsupportedMediaType, "a body must be application/json")
	}
	body, err := io.ReadAll(r.Body)
	switch {
	case errors.As(err, new(*http.MaxBytesError)):
		return err
	case err != nil:
		return notAnObject(err)
	}
	return split(body, field)
}

func split(body []byte, field func(name string, value json.RawMessage) error) error {
	if !utf8.Valid(body) {
		return notAnObject(errors.New("it is not UTF-8"))
	}
	decoder := json.NewDecoder(bytes.NewReader(body))
	if first, err := decoder.Token(); err != nil {
		return notAnObject(err)
	} else if first != json.Delim('{') {
		return notAnObject(fmt.Errorf("it begins with %v", first))
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

func notAnObject(err error) error {
	return problem.New(http.StatusBadRequest, "the body is not a JSON object: "+err.Error())
}
