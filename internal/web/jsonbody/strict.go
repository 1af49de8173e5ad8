package jsonbody

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"

	"loadlab/internal/web/problem"
)

// pairedSurrogates reports whether each escaped surrogate, \ud800 to \udfff, is
// one of a pair. A backslash occurs in strings only, or body is not JSON.
func pairedSurrogates(body []byte) bool {
	for {
		at := bytes.IndexByte(body, '\\')
		if at < 0 {
			return true
		}
		body = body[at:]
		switch unit := escapedUnit(body); {
		case unit >= 0xdc00 && unit <= 0xdfff:
			return false
		case unit >= 0xd800 && unit <= 0xdbff:
			if low := escapedUnit(body[escapeLength:]); low < 0xdc00 || low > 0xdfff {
				return false
			}
			body = body[2*escapeLength:]
		default:
			body = body[min(2, len(body)):]
		}
	}
}

const escapeLength = len(`\u0000`)

// escapedUnit is the UTF-16 code unit that body begins with as \uXXXX, or -1.
func escapedUnit(body []byte) int {
	if len(body) < escapeLength || body[0] != '\\' || body[1] != 'u' {
		return -1
	}
	unit, err := strconv.ParseUint(string(body[2:escapeLength]), 16, 16)
	if err != nil {
		return -1
	}
	return int(unit)
}

// distinctNames refuses an object below value, which is valid JSON, that has a
// name twice.
func distinctNames(value json.RawMessage) error {
	if value[0] != '{' && value[0] != '[' {
		return nil
	}
	var open []map[string]bool // the names so far of each open object; nil for a list
	decoder := json.NewDecoder(bytes.NewReader(value))
	isName := false
	for {
		token, err := decoder.Token()
		if err != nil {
			return nil //nolint:nilerr // the end: the value is valid
		}
		var inside map[string]bool
		if len(open) > 0 {
			inside = open[len(open)-1]
		}
		switch delim, _ := token.(json.Delim); {
		case delim == '{':
			open, isName = append(open, map[string]bool{}), true
		case delim == '[':
			open, isName = append(open, nil), false
		case delim != 0:
			open = open[:len(open)-1]
			isName = len(open) > 0 && open[len(open)-1] != nil
		case isName:
			name := fmt.Sprint(token)
			if inside[name] {
				return problem.New(http.StatusBadRequest, fmt.Sprintf("the body has the field %.40q more than once", name))
			}
			inside[name], isName = true, false
		default:
			isName = inside != nil
		}
	}
}
