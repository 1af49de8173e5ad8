package items

import (
	"encoding/json"
	"net/http"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"loadlab/internal/decimal"
	"loadlab/internal/web/jsonbody"
	"loadlab/internal/web/problem"
)

const (
	maxName     = 200           // characters
	maxQuantity = 1_000_000_000 // exact as a float64, which JSON numbers are in most clients
)

// readFields reads the body of r and reports in v what is wrong with its fields.
// The error is of a body that is no JSON object at all.
func readFields(r *http.Request, v *violations) (Fields, error) {
	given := map[string]json.RawMessage{}
	err := jsonbody.Read(r, func(name string, value json.RawMessage) error {
		return takeMember(given, name, value, v)
	})
	if err != nil {
		return Fields{}, err
	}
	for name := range given {
		if name != "name" && name != "quantity" {
			v.add(name, "is not a field of an item")
		}
	}
	return Fields{Name: readName(given, v), Quantity: readQuantity(given, v)}, nil
}

// takeMember keeps one member of an object. One that was kept before is reported in v.
func takeMember(given map[string]json.RawMessage, name string, value json.RawMessage, v *violations) error {
	if _, twice := given[name]; twice {
		v.add(name, "is given more than once")
	}
	if given[name] = value; len(given) > maxParameters {
		return problem.New(http.StatusBadRequest, "the body has more than 100 fields")
	}
	return nil
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
	quantity, err := decimal.JSONInt(string(raw))
	if err != nil || quantity < 0 || quantity > maxQuantity {
		v.add("quantity", "must be a whole number from 0 to "+strconv.Itoa(maxQuantity))
		return 0
	}
	return quantity
}
