package target_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"loadlab/loadgen/target"
)

// Lines below a target are its own, in the form of vegeta's list of targets.
func TestLinesBelowATarget(t *testing.T) {
	read := func(name string) (string, error) {
		if name == "none" {
			return "", errors.New("no such file")
		}
		return "<" + name + ">", nil
	}
	for _, row := range []struct {
		name, text string
		want       []string // METHOD URL [headers] body
	}{
		{"headers", "GET http://a/\nX-A: 1\nX-B: 2", []string{"GET http://a/ [X-A=1 X-B=2] "}},
		{"separators in a value", "GET http://a/\nCookie: a=1; b=2\nX-B: http://c/; GET http://d/", []string{"GET http://a/ [Cookie=a=1; b=2 X-B=http://c/; GET http://d/] "}},
		{"no space, and much of it", "GET http://a/\nX-A:1\n  X-B:   2  \r\nX-C:", []string{"GET http://a/ [X-A=1 X-B=2 X-C=] "}},
		{"a colon in a value", "GET http://a/\nX-A: 12:30\nHost: b:1", []string{"GET http://a/ [X-A=12:30 Host=b:1] "}},
		{"a body in a file", "POST http://a/\nX-A: 1\n@b c.json\nGET http://d/", []string{"POST http://a/ [X-A=1] <b c.json>", "GET http://d/ [] "}},
		{"a body below", "POST http://a/\n{\"a\":\n\"; GET\"}\nGET http://d/", []string{"POST http://a/ [] {\"a\":\n\"; GET\"}", "GET http://d/ [] "}},
		{"an array below headers", "POST http://a/\nX-A: 1\n[1,2]; GET http://d/", []string{"POST http://a/ [X-A=1] [1,2]", "GET http://d/ [] "}},
		{"headers below a body", "POST http://a/ {\"a\":1}\nX-A: 1\nGET http://d/", []string{"POST http://a/ [X-A=1] {\"a\":1}", "GET http://d/ [] "}},
		{"an empty line ends a target", "GET http://a/\nX-A: 1\n\nGET http://b/\nX-B: 2\n", []string{"GET http://a/ [X-A=1] ", "GET http://b/ [X-B=2] "}},
		{"a URL is no header", "http://a/\nhttps://b/", []string{"GET http://a/ [] ", "GET https://b/ [] "}},
		{"placeholders", "GET http://a/\nX-A: {seq}", []string{"GET http://a/ [X-A={seq}] "}},
	} {
		t.Run(row.name, func(t *testing.T) {
			targets, err := target.ParseWith(row.text, read)
			var got []string
			for _, one := range targets {
				var fields []string
				for _, h := range one.Headers {
					fields = append(fields, h.Name+"="+h.Value)
				}
				got = append(got, fmt.Sprintf("%s %s %v %s", one.Method, one.URL, fields, one.Body))
			}
			if err != nil || fmt.Sprintf("%q", got) != fmt.Sprintf("%q", row.want) {
				t.Errorf("got  %q, %v\nwant %q", got, err, row.want)
			}
		})
	}
	for text, want := range map[string]string{
		"X-A: 1\nGET http://a/":                      "header \"X-A: 1\" comes before its target",
		"GET http://a/;\nX-A: 1":                     "comes before its target",
		"GET http://a/\n\nX-A: 1":                    "comes before its target",
		"GET http://a/\nContent-Length: 1":           "target \"GET http://a/\": header Content-Length is set by the generator",
		"GET http://a/\nX A: 1":                      "is not [weight*][METHOD] URL [body]",
		"POST http://a/\n@none":                      "target \"POST http://a/\": body of file \"none\": no such file",
		"POST http://a/\n{\"a\":1":                   "has a bracket without an end",
		"POST http://a/ {}\n@none":                   "",
		"GET http://a/\nHost: a/b":                   "header Host",
		"GET nowhere\nX-A: 1\nGET http://b/\nX-B: 2": "url must be http://host/path",
	} {
		_, err := target.ParseWith(text, read)
		if err == nil || !strings.Contains(err.Error(), want) || strings.Count(err.Error(), "\n") > 0 {
			t.Errorf("%q: got %v, want %q", text, err, want)
		}
	}
}
