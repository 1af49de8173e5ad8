// Package extract takes values out of responses.
package extract

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"strings"

	"github.com/theory/jsonpath"

	"loadlab/loadgen/responsecheck"
)

// Spec says what to take: from a header, from a JSON body by an RFC 9535 path, or else from the body as text. The regular
// expression then takes a part of that: its first group, or all that matches without one.
type Spec struct {
	Name   string `yaml:"name" required:"true" help:"name of the value, by which {var.NAME} fills it in"`
	JSON   string `yaml:"json" help:"RFC 9535 path into the JSON body; the first value that it selects"`
	Header string `yaml:"header" help:"name of a header; its first value"`
	Regexp string `yaml:"regexp" help:"regular expression of which the first group, or all that matches, is taken out of the value, or else the body"`
}

// maxValue bounds a value, in bytes.
const maxValue = 64 << 10

var nameForm = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_-]{0,63}$`)

// A Rule takes one value out of a response. Many goroutines may use it.
type Rule struct {
	spec    Spec
	path    *jsonpath.Path
	pattern *regexp.Regexp
}

// New reads a rule.
func New(s Spec) (*Rule, error) {
	r := &Rule{spec: s}
	var err error
	switch {
	case !nameForm.MatchString(s.Name):
		return nil, fmt.Errorf("extract: name %q is not of letters, digits, underscores and hyphens", s.Name)
	case s.JSON != "" && s.Header != "":
		return nil, fmt.Errorf("extract %s: json and header cannot both be given", s.Name)
	case s.JSON == "" && s.Header == "" && s.Regexp == "":
		return nil, fmt.Errorf("extract %s: one of json, header or regexp is needed", s.Name)
	}
	if s.JSON != "" {
		if r.path, err = jsonpath.Parse(s.JSON); err != nil {
			return nil, fmt.Errorf("extract %s: %w", s.Name, err)
		}
	}
	if s.Regexp != "" {
		if r.pattern, err = regexp.Compile(s.Regexp); err != nil {
			return nil, fmt.Errorf("extract %s: %w", s.Name, err)
		}
		if r.pattern.NumSubexp() > 1 {
			return nil, fmt.Errorf("extract %s: regular expression %q has more than one group; write (?:...) for the others", s.Name, s.Regexp)
		}
	}
	return r, nil
}

// Name is the variable that the rule sets.
func (r *Rule) Name() string { return r.spec.Name }

// OfBody reports whether the rule needs the body.
func (r *Rule) OfBody() bool { return r.spec.Header == "" }

// String describes the rule.
func (r *Rule) String() string {
	text := r.spec.Name + " from "
	switch {
	case r.spec.Header != "":
		text += "header " + r.spec.Header
	case r.spec.JSON != "":
		text += "json " + r.spec.JSON
	default:
		text += "body"
	}
	if r.spec.Regexp != "" {
		text += " by regexp " + r.spec.Regexp
	}
	return text
}

// Find returns the value, or why there is none. A value has 1 byte to 64 KiB.
func (r *Rule) Find(response *responsecheck.Response) (string, error) {
	if r.OfBody() && response.Size > int64(len(response.Body)) {
		return "", fmt.Errorf("the body has %d bytes, more than %d", response.Size, responsecheck.MaxBody)
	}
	value, err := r.source(response)
	if err != nil {
		return "", err
	}
	if r.pattern != nil {
		match := r.pattern.FindStringSubmatch(value)
		if match == nil {
			return "", errors.New("the regular expression does not match")
		}
		value = match[len(match)-1]
	}
	if value == "" {
		return "", errors.New("the value is empty")
	}
	if len(value) > maxValue {
		return "", fmt.Errorf("the value has %d bytes, more than %d", len(value), maxValue)
	}
	return value, nil
}

func (r *Rule) source(response *responsecheck.Response) (string, error) {
	switch {
	case r.spec.Header != "":
		values := response.Header.Values(r.spec.Header)
		if len(values) == 0 {
			return "", fmt.Errorf("there is no header %s", r.spec.Header)
		}
		return values[0], nil
	case r.path == nil:
		return string(response.Body), nil
	}
	decoder := json.NewDecoder(bytes.NewReader(response.Body))
	decoder.UseNumber() // a number stays as it is written
	var document any
	if err := decoder.Decode(&document); err != nil {
		return "", fmt.Errorf("the body is no JSON: %w", err)
	}
	nodes := r.path.Select(document)
	if len(nodes) == 0 || nodes[0] == nil {
		return "", errors.New("the path selects nothing")
	}
	return plain(nodes[0])
}

// plain is a JSON value as text: without quotes, if it is a string.
func plain(value any) (string, error) {
	if text, ok := value.(string); ok {
		return text, nil
	}
	var out bytes.Buffer
	encoder := json.NewEncoder(&out)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(value); err != nil {
		return "", err
	}
	return strings.TrimSpace(out.String()), nil
}
