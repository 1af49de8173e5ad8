package translate_test

import (
	"strings"
	"testing"

	"loadlab/loadgen/translate"
)

const entry = `{"request":{"method":"post","url":"http://h/a?x={y}#f","headers":[{"name":"X-A","value":"1"},{"name":":authority","value":"h"},
	{"name":"Content-Length","value":"7"},{"name":"connection","value":"close"},{"name":"Empty","value":""}],"postData":{"mimeType":"application/json","text":"{\"a\":{}}"}},"response":{"status":200}}`

func TestHAR(t *testing.T) {
	other := `{"request":{"method":"GET","url":"http://h/b","headers":[]}}`
	content := "\ufeff" + `{"log":{"version":"1.2","entries":[` + entry + "," + other + "," + entry + `]}}`
	list, err := translate.HAR(content, false)
	if err != nil || len(list) != 2 || list[0].Weight != 2 || list[1].Weight != 1 {
		t.Fatalf("%+v, %v", list, err)
	}
	if got, want := text(list[0]), `POST http://h/a?x=%7By%7D [X-A: 1] "{\"a\":{}}"`; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	if list, err := translate.HAR(content, true); err != nil || len(list) != 3 || list[2].Weight != 1 {
		t.Errorf("each: %+v, %v", list, err)
	}
}

func TestWrongHAR(t *testing.T) {
	for content, want := range map[string]string{
		"":                         "not an HTTP archive",
		"[]":                       "not an HTTP archive",
		`{"log":{}}`:               "not an HTTP archive with entries",
		`{"log":{"entries":[{}]}}`: "entry 1",
		strings.Replace(`{"log":{"entries":[`+entry+`]}}`, "http://h", "ws://h", 1):                                       "entry 1",
		strings.Replace(`{"log":{"entries":[`+entry+`]}}`, `{}}"`, `{seq} {uuid}"`, 1):                                    "looks like a placeholder",
		strings.Replace(`{"log":{"entries":[`+entry+`]}}`, `"text":`, `"encoding":"base64","text":`, 1):                   "not kept as text",
		strings.Replace(`{"log":{"entries":[`+entry+`]}}`, `"text":"{\"a\":{}}"`, `"text":"","params":[{"name":"a"}]`, 1): "not kept as text",
		strings.Replace(`{"log":{"entries":[`+entry+`]}}`, `"post"`, `"CONNECT"`, 1):                                      "method",
	} {
		if _, err := translate.HAR(content, false); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%.300s: %v, want %q", content, err, want)
		}
	}
}

func FuzzHAR(f *testing.F) {
	f.Add(`{"log":{"entries":[` + entry + `]}}`)
	f.Fuzz(func(t *testing.T, content string) {
		if list, err := translate.HAR(content, true); err == nil && len(list) == 0 {
			t.Fatalf("%q has neither a target nor an error", content)
		}
	})
}
