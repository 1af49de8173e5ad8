package items

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"mime"
	"net/http"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"loadlab/internal/web/problem"
)

const (
	maxName     = 200           // characters
	maxQuantity = 1_000_000_000 // exact as a float64, which JSON numbers are in most clients
)

// readFields reads the body of r and reports in v what is wrong with its fields.
// The error is of a body that is no JSON object at all.
func readFields(r *http.Request, v *violations) (Fields, error) {
	media, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil || media != "application/json" {
		return Fields{}, problem.New(http.StatusUnsupportedMediaType, "a body must be application/json")
	}
	body, err := io.ReadAll(r.Body)
	if err != nil {
		if errors.As(err, new(*http.MaxBytesError)) {
			return Fields{}, err
		}
		return Fields{}, notAnObject(err)
	}
	return decodeFields(body, v)
}

// decodeFields reads field by field: decoding into a struct would match names
// of another case and hide a field that is given twice.
func decodeFields(body []byte, v *violations) (Fields, error) {
	if !utf8.Valid(body) {
		return Fields{}, notAnObject(errors.New("it is not UTF-8"))
	}
	given, err := splitObject(body, v)
	if err != nil {
		return Fields{}, err
	}
	return Fields{Name: readName(given, v), Quantity: readQuantity(given, v)}, nil
}

// splitObject returns the known fields of the object undecoded, and reports the others.
func splitObject(body []byte, v *violations) (map[string]json.RawMessage, error) {
	decoder := json.NewDecoder(bytes.NewReader(body))
	if first, err := decoder.Token(); err != nil {
		return nil, notAnObject(err)
	} else if first != json.Delim('{') {
		return nil, notAnObject(fmt.Errorf("it begins with %v", first))
	}
	given := map[string]json.RawMessage{}
	for decoder.More() {
		token, err := decoder.Token()
		if err != nil {
			return nil, notAnObject(err)
		}
		var value json.RawMessage
		if err := decoder.Decode(&value); err != nil {
			return nil, notAnObject(err)
		}
		name := fmt.Sprint(token)
		_, twice := given[name]
		if twice {
			v.add(name, "is given more than once")
		} else if name != "name" && name != "quantity" {
			v.add(name, "is not a field of an item")
		}
		if given[name] = value; len(given) > maxParameters {
			return nil, notAnObject(errors.New("it has more than 100 fields"))
		}
	}
	if _, err := decoder.Token(); err != nil {
		return nil, notAnObject(err)
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return nil, notAnObject(errors.New("more than one value"))
	}
	return given, nil
}

func readName(given map[string]json.RawMessage, v *violations) string {
	raw, ok := given["name"]
	if !ok {
		v.add("name", "is missing")
		return ""
	}
	var name *string
	if json.Unmarshal(raw, &name) != nil || name == nil {
		v.add("name", "must be a string")
		return ""
	}
	if length := utf8.RuneCountInString(*name); strings.TrimSpace(*name) == "" || length > maxName ||
		strings.ContainsFunc(*name, unicode.IsControl) {
		v.add("name", "must have 1 to "+strconv.Itoa(maxName)+" characters, not only spaces, none of them a control character")
	}
	return *name
}

func readQuantity(given map[string]json.RawMessage, v *violations) int64 {
	raw, ok := given["quantity"]
	if !ok {
		v.add("quantity", "is missing")
		return 0
	}
	// A JSON string is quoted in raw, so it does not pass for a number here.
	quantity, err := strconv.ParseFloat(string(raw), 64)
	if err != nil || quantity != math.Trunc(quantity) || quantity < 0 || quantity > maxQuantity {
		v.add("quantity", "must be a whole number from 0 to "+strconv.Itoa(maxQuantity))
		return 0
	}
	return int64(quantity)
}

func notAnObject(err error) error {
	return problem.New(http.StatusBadRequest, "the body is not a JSON object: "+err.Error())
}
