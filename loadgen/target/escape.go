package target

import (
	"bytes"
	"encoding/json"
	"net/url"
	"strings"
)

// An escape is what keeps a value within the place of its placeholder.
type escape uint8

const (
	unescaped escape = iota
	inHeader         // as it is; values with control characters are refused before
	inPath
	inQuery
	inJSON // within a string, or a number
	inForm
)

// apply returns value as it is written.
func (e escape) apply(value string) string {
	switch e {
	case inPath:
		return url.PathEscape(value)
	case inQuery, inForm:
		return url.QueryEscape(value)
	case inJSON:
		return jsonEscape(value)
	}
	return value
}

// jsonEscape returns text as it is within the quotes of a JSON string.
func jsonEscape(text string) string {
	var out bytes.Buffer
	encoder := json.NewEncoder(&out)
	encoder.SetEscapeHTML(false)
	_ = encoder.Encode(text) // a string can always be encoded
	return strings.TrimSuffix(strings.TrimPrefix(strings.TrimSpace(out.String()), `"`), `"`)
}

// bodyEscape is the escape of the values in the body, by what the body looks like or is called.
func (t *Target) bodyEscape() escape {
	if looksLikeJSON(t.Body) {
		return inJSON
	}
	for _, h := range t.Headers {
		if strings.EqualFold(h.Name, "Content-Type") && strings.HasPrefix(strings.ToLower(h.Value), "application/x-www-form-urlencoded") {
			return inForm
		}
	}
	return unescaped
}

func looksLikeJSON(body string) bool {
	body = strings.TrimSpace(body)
	return strings.HasPrefix(body, "{") || strings.HasPrefix(body, "[")
}
