package target_test

import (
	"bufio"
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"loadlab/loadgen/target"
)

// sent is a request as the lean client writes it, read again; std, as the other one renders it.
func sent(t *testing.T, made target.Target, fill func() *target.Fill) (lean *http.Request, body string, std []string) {
	t.Helper()
	raw := made.AppendRequest(nil, &target.Values{Fill: fill()})
	r, err := http.ReadRequest(bufio.NewReader(strings.NewReader(string(raw))))
	if err != nil {
		t.Fatalf("%v in %q", err, raw)
	}
	data, _ := io.ReadAll(r.Body)
	address, headers, text := made.Render(&target.Values{Fill: fill()})
	std = []string{address, text}
	for _, h := range headers {
		std = append(std, h.Name+": "+h.Value)
	}
	return r, string(data), std
}

var hostile = []string{
	"plain", "two words", `a"b\c`, "line\nbreak", "a&b=c?d#e/f", "100%", "{seq}", "ü€😀", "", "a+b", "\x01\x7f", "</script>", "..", "\u2028", "{data.a}",
}

// A value from outside stays within its place: it ends no string, no path, no field, and is no placeholder.
func TestValuesStayInTheirPlace(t *testing.T) {
	columns := map[string]int{"a": 0}
	for _, value := range hostile {
		fill := func() *target.Fill {
			return &target.Fill{Row: target.Row{Columns: columns, Values: []string{value}}, Vars: map[string]string{"v": value}}
		}
		made, err := target.New(target.Target{
			Method: "POST", URL: "http://h/p/{data.a}/x?q={var.v}&z=1", Body: `{"a": "{data.a}", "v": ["{var.v}"]}`,
		})
		if err != nil {
			t.Fatal(err)
		}
		r, body, std := sent(t, made, fill)
		if want := "/p/" + value + "/x"; r.URL.Path != want || r.URL.Query().Get("q") != value || r.URL.Query().Get("z") != "1" {
			t.Errorf("%q: path %q, query %v", value, r.URL.Path, r.URL.Query())
		}
		var read struct {
			A string
			V []string
		}
		if err := json.Unmarshal([]byte(body), &read); err != nil || read.A != value || len(read.V) != 1 || read.V[0] != value {
			t.Errorf("%q: body %s (%v)", value, body, err)
		}
		if std[0] != "http://h"+r.RequestURI || std[1] != body {
			t.Errorf("%q: the clients differ: %q %q, %q %q", value, std[0], r.RequestURI, std[1], body)
		}
		form, err := target.New(target.Target{
			Method: "POST", URL: "http://h/", Body: "a={data.a}&b=1", Headers: []target.Header{{Name: "content-type", Value: "Application/x-www-form-urlencoded; charset=utf-8"}},
		})
		if err != nil {
			t.Fatal(err)
		}
		_, body, _ = sent(t, form, fill)
		if values, err := url.ParseQuery(body); err != nil || values.Get("a") != value || values.Get("b") != "1" {
			t.Errorf("%q: form %q (%v)", value, body, err)
		}
	}
}

func TestFunctions(t *testing.T) {
	at := time.Date(2026, 11, 28, 2, 3, 4, 5_000_000, time.FixedZone("", 3600))
	seed := uint64(0)
	for text, want := range map[string]string{
		"{uuid}":                `^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$`,
		"{now}":                 `^2026-11-28T01:03:04\.005Z$`,
		"{unix}":                `^1795827784$`,
		"{unix_ms}":             `^1795827784005$`,
		"{int:1:6}":             `^[1-6]$`,
		"{int:-5:-5}":           `^-5$`,
		"{int:0:1}{int:0:1}":    `^[01]{2}$`,
		"{hex:16}":              `^[0-9a-f]{16}$`,
		"{letters:3}":           `^[a-z]{3}$`,
		"{choice:a b|c}":        `^(a b|c)$`,
		"{choice:a|}x":          `^a?x$`,
		"{seq}-{random}":        `^0-0$`,
		"{other} {int} {a:b:c}": `^\{other\} \{int\} \{a:b:c\}$`,
		`{"hex":1}`:             `^\{"hex":1\}$`,
		"{int:-9223372036854775808:9223372036854775807}": `^-?[0-9]+$`,
	} {
		made, err := target.New(target.Target{Method: "POST", URL: "http://h/", Body: text})
		if err != nil {
			t.Errorf("%s: %v", text, err)
			continue
		}
		seen := map[string]bool{}
		for range 200 {
			seed++
			_, body, std := sent(t, made, func() *target.Fill { return &target.Fill{Now: at, Seed: seed} })
			if seen[body] = true; !regexp.MustCompile(want).MatchString(body) || std[1] != body {
				t.Fatalf("%s became %q, and %q of the other client; want %s", text, body, std[1], want)
			}
		}
		if n := map[string]int{"{int:1:6}": 6, "{int:0:1}{int:0:1}": 4, "{choice:a b|c}": 2, "{uuid}": 200}[text]; n > 0 && len(seen) != n {
			t.Errorf("%s became %d different values, want %d", text, len(seen), n)
		}
	}
}

// What looks like a placeholder and cannot be filled is refused wherever it is, and any other brace in a URL.
func TestWrongPlaceholders(t *testing.T) {
	for text, want := range map[string]string{
		"{int:1}": "no whole number", "{int:a:b}": "no whole number", "{int:2:1}": "below", "{int:1:2:3}": "no whole number", "{int:0:1e3}": "no whole number",
		"{hex:0}": "not 1 to 1024", "{hex:1025}": "not 1 to 1024", "{letters:x}": "not 1 to 1024", "{data.}": "has no name", "{var.}": "has no name",
	} {
		for place, t1 := range map[string]target.Target{
			"path": {URL: "http://h/" + text}, "query": {URL: "http://h/?" + text}, "body": {URL: "http://h/", Body: text},
			"header": {URL: "http://h/", Headers: []target.Header{{Name: "A", Value: text}}}, "Host": {URL: "http://h/", Headers: []target.Header{{Name: "Host", Value: text}}},
		} {
			if _, err := target.New(t1); err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("%s in the %s: %v, want %q", text, place, err, want)
			}
		}
	}
	for _, text := range []string{"{", "{x}", "{Seq}", "{ seq}", "{uuid:1}", "{users.name}"} {
		if _, err := target.New(target.Target{URL: "http://h/" + strings.ReplaceAll(text, " ", "")}); err == nil && text != "{ seq}" {
			t.Errorf("%s in a path is no error", text)
		}
		if _, err := target.New(target.Target{URL: "http://h/", Body: text}); err != nil {
			t.Errorf("%s in a body: %v", text, err)
		}
	}
	if _, err := target.New(target.Target{URL: "http://h/", Headers: []target.Header{{Name: "Host", Value: "{data.a}"}}}); err == nil {
		t.Error("a row names the host")
	}
}

func TestWhatATargetNeeds(t *testing.T) {
	for text, want := range map[string]struct{ fill, row bool }{
		"":                     {},
		"{seq}{random}":        {},
		"{created}":            {},
		"{uuid}":               {fill: true},
		"{var.x}":              {fill: true},
		"{data.x}":             {fill: true, row: true},
		"{int:1:2} {data.x y}": {fill: true, row: true},
	} {
		for _, made := range []target.Target{{URL: "http://h/", Body: text}, {URL: "http://h/", Headers: []target.Header{{Name: "A", Value: text}}}} {
			made, err := target.New(made)
			if err != nil {
				t.Fatal(err)
			}
			if made.NeedsFill() != want.fill || made.NeedsRow() != want.row {
				t.Errorf("%s needs a fill: %v, a row: %v; want %v", text, made.NeedsFill(), made.NeedsRow(), want)
			}
			if inHeader := made.Columns()["x"]; text == "{data.x}" && inHeader != (made.Body == "") {
				t.Errorf("%s is in a header: %v", text, inHeader)
			}
		}
	}
}

func FuzzValues(f *testing.F) {
	for _, value := range hostile {
		f.Add(value)
	}
	made, err := target.New(target.Target{Method: "POST", URL: "http://h/{data.a}?q={data.a}", Body: `["{data.a}"]`})
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, value string) {
		value = strings.ToValidUTF8(value, "")
		r, body, _ := sent(t, made, func() *target.Fill {
			return &target.Fill{Row: target.Row{Columns: map[string]int{"a": 0}, Values: []string{value}}}
		})
		var read []string
		if err := json.Unmarshal([]byte(body), &read); err != nil || len(read) != 1 || read[0] != value || r.URL.Path != "/"+value || r.URL.Query().Get("q") != value {
			t.Fatalf("%q: %q %q", value, r.RequestURI, body)
		}
	})
}
