package web_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"loadlab/internal/telemetry"
	"loadlab/internal/web"
)

const (
	badInt    = "n must be a whole number from 1 to 1000"
	badFloat  = "f must be a number from -1 to 1"
	badMillis = "ms must be a number of milliseconds from 0 to 60000"
	badBool   = "on must be true or false"
	badLength = "d must be a duration from 1ms to 1h0m0s, such as 30s"
	others    = " is not a parameter of this route; it has choice, d, f, ms, n, on, text"
	notPlain  = " must be a number, a string or true or false"
)

func TestInputReadsValues(t *testing.T) {
	s := newSurface(t, defaults(), telemetry.Config{})
	standard := probed{Millis: 10, Int: 3, Float: 0.5, Choice: "a", Text: "none", Duration: "1s"}
	for _, row := range []struct {
		name, query, body string
		want              func(*probed)
	}{
		{"nothing given", "", "", func(*probed) {}},
		{"every kind in the query", "ms=1.5&n=1000&f=-1&on=true&choice=b&text=%C3%BC&d=2m", "",
			func(p *probed) { *p = probed{1.5, 1000, -1, true, "b", "ü", "2m0s"} }},
		{"every kind in the body", "", `{"ms":1.5,"n":1000,"f":-1e0,"on":true,"choice":"b","text":"ü","d":"2m"}`,
			func(p *probed) { *p = probed{1.5, 1000, -1, true, "b", "ü", "2m0s"} }},
		{"some in each", "n=7", `{"on":true}`, func(p *probed) { p.Int, p.Bool = 7, true }},
		{"least values", "ms=0&n=1&f=-1&d=1ms", "", func(p *probed) { p.Millis, p.Int, p.Float, p.Duration = 0, 1, -1, "1ms" }},
		{"greatest values", "ms=60000&n=1000&f=1&d=1h", "", func(p *probed) { p.Millis, p.Int, p.Float, p.Duration = 60000, 1000, 1, "1h0m0s" }},
		{"a number of JSON with an exponent", "", `{"n":1.0e2}`, func(p *probed) { p.Int = 100 }},
		{"an empty object", "", `{}`, func(*probed) {}},
		{"white space around the object", "", " \n{\"n\": 7}\n ", func(p *probed) { p.Int = 7 }},
		{"a surrogate pair and a backslash", "", `{"text":"\ud83d\ude00"}`, func(p *probed) { p.Text = "😀" }},
		{"an escaped backslash before a u", "", `{"text":"\\u"}`, func(p *probed) { p.Text = `\u` }},
		{"an empty text", "text=", "", func(p *probed) { p.Text = "" }},
	} {
		t.Run(row.name, func(t *testing.T) {
			for _, method := range web.WorkMethods() {
				reply := s.send(request(method, row.query, row.body))
				if reply.Code != http.StatusOK {
					t.Fatalf("%s: status %d: %s", method, reply.Code, reply.Body)
				}
				want := standard
				row.want(&want)
				got := decode[struct{ Result probed }](t, reply.Body.Bytes())
				if got.Result != want {
					t.Errorf("%s: got %+v, want %+v", method, got.Result, want)
				}
			}
		})
	}
}

func request(method, query, body string) *http.Request {
	r := httptest.NewRequest(method, "/t/probe", http.NoBody)
	if body != "" {
		r = httptest.NewRequest(method, "/t/probe", strings.NewReader(body))
		r.Header.Set("Content-Type", "application/json; charset=utf-8")
	}
	r.URL.RawQuery = query
	return r
}

func TestInputNamesEveryBadParameter(t *testing.T) {
	s := newSurface(t, defaults(), telemetry.Config{})
	for _, row := range []struct {
		name, query, body string
		want              string // parameter and detail of each, in order
	}{
		{"below the least", "n=0", "", badInt},
		{"above the greatest", "n=1001", "", badInt},
		{"negative", "ms=-1", "", badMillis},
		{"just below the least", "f=-1.0000000001", "", badFloat},
		{"NaN", "f=NaN", "", badFloat},
		{"infinity", "f=Inf", "", badFloat},
		{"negative infinity", "ms=-Infinity", "", badMillis},
		{"overflow of an integer", "n=99999999999999999999", "", badInt},
		{"overflow of a number", "f=1e400", "", badFloat},
		{"overflow of a number in the body", "", `{"f":1e400}`, badFloat},
		{"a fraction for a whole number", "n=1.5", "", badInt},
		{"empty numbers", "n=&f=&ms=&d=&on=", "", badLength + "; " + badFloat + "; " + badMillis + "; " + badInt + "; " + badBool},
		{"not a number", "n=many", "", badInt},
		{"white space", "n=+1", "", badInt},
		{"a plus", "n=%2B1&f=%2B0.5&ms=%2B1&d=%2B1s", "", badLength + "; " + badFloat + "; " + badMillis + "; " + badInt},
		{"hexadecimal", "n=0x10&f=0x1p-2&ms=0X1", "", badFloat + "; " + badMillis + "; " + badInt},
		{"octal and binary", "n=0o7&ms=0b1", "", badMillis + "; " + badInt},
		{"underscores", "n=1_0&f=0_0&ms=1_000", "", badFloat + "; " + badMillis + "; " + badInt},
		{"exponents", "n=1e2&f=1e-1&ms=1E3", "", badFloat + "; " + badMillis + "; " + badInt},
		{"points at the ends", "f=.5&ms=5.&d=.5s", "", badLength + "; " + badFloat + "; " + badMillis},
		{"a fraction of nothing", "n=5.0", "", badInt},
		{"a fraction that would be rounded away", "", `{"n":1000.0000000000000001}`, badInt},
		{"truth values of Go", "on=T", "", badBool},
		{"text that is not UTF-8", "text=%ff", "", "text must be UTF-8"},
		{"a number for a truth value", "on=1", "", badBool},
		{"a truth value in capitals", "on=TRUE", "", badBool},
		{"not a choice", "choice=c", "", "choice must be one of a, b"},
		{"too long a text", "text=12345", "", "text must have at most 4 bytes"},
		{"an escaped backslash before what would be half a pair", "", `{"text":"\\ud800"}`, "text must have at most 4 bytes"},
		{"a duration without unit", "d=5", "", badLength},
		{"a negative duration", "d=-5s", "", badLength},
		{"a duration out of range", "d=2h", "", badLength},
		{"an overflowing duration", "d=9999999999h", "", badLength},
		{"given twice", "n=1&n=2", "", "n given more than once"},
		{"given twice and one unknown", "zz=1&zz=2&y=1", "", "y" + others + "; zz given more than once"},
		{"given twice in the body", "", `{"n":1,"n":2}`, "n given more than once"},
		{"in query and body", "n=1", `{"n":1}`, "n given in the query and in the body"},
		{"unknown in the query", "nn=1", "", "nn" + others},
		{"unknown in the body", "", `{"":1}`, others},
		{"a string for a number", "", `{"n":"1","f":"0","ms":"1"}`, badFloat + "; " + badMillis + "; " + badInt},
		{"a string for a truth value", "", `{"on":"true"}`, badBool},
		{"a number for a text", "", `{"text":1}`, "text must be a string"},
		{"a nested object", "", `{"n":{"n":1}}`, "n" + notPlain},
		{"a list", "", `{"n":[1]}`, "n" + notPlain},
		{"null", "", `{"n":null}`, "n" + notPlain},
		{"unknown and nested", "", `{"x":[],"y":1}`, "x" + notPlain + "; y" + others},
		{"all at once", "n=0&f=2&x=1", `{"on":1,"ms":-1}`, badFloat + "; " + badMillis + "; " + badInt + "; " + badBool + "; x" + others},
	} {
		t.Run(row.name, func(t *testing.T) {
			reply := s.send(request(http.MethodPost, row.query, row.body))
			p := problemOf(t, reply)
			if reply.Code != http.StatusBadRequest || p.Detail != row.want {
				t.Errorf("status %d\ngot  %s\nwant %s", reply.Code, p.Detail, row.want)
			}
			var each []string
			for _, e := range p.Errors {
				each = append(each, e.Parameter+" "+e.Detail)
			}
			if got := strings.Join(each, "; "); got != row.want {
				t.Errorf("errors\ngot  %s\nwant %s", got, row.want)
			}
		})
	}
}

func TestInputThatCannotBeRead(t *testing.T) {
	s := newSurface(t, defaults(), telemetry.Config{})
	const notObject = "the body is not a JSON object: "
	for _, row := range []struct {
		name, query, contentType, body string
		status                         int
		detail                         string // how it begins
	}{
		{"a cut escape", "ms=%4", "", "", 400, "the query cannot be read: "},
		{"a wrong escape", "%zz=1", "", "", 400, "the query cannot be read: "},
		{"a semicolon", "ms=1;n=2", "", "", 400, "the query cannot be read: "},
		{"cut JSON", "", "application/json", `{"ms":`, 400, notObject},
		{"not JSON", "", "application/json", `ms=5`, 400, notObject},
		{"a NaN", "", "application/json", `{"f":NaN}`, 400, notObject},
		{"a number", "", "application/json", `5`, 400, notObject},
		{"a list", "", "application/json", `[]`, 400, notObject},
		{"null", "", "application/json", `null`, 400, notObject},
		{"more than one object", "", "application/json", `{}{}`, 400, notObject + "more than one value"},
		{"text after the object", "", "application/json", `{} x`, 400, notObject + "more than one value"},
		{"deeply nested", "", "application/json", `{"a":` + strings.Repeat("[", 20_000), 400, notObject},
		{"not UTF-8", "", "application/json", "{\"name\":\"\xff\"}", 400, notObject + "it is not UTF-8"},
		{"half a surrogate pair", "", "application/json", `{"text":"\ud800"}`, 400, notObject + "a string has half"},
		{"the other half", "", "application/json", `{"text":"\\\udc00"}`, 400, notObject + "a string has half"},
		{"two first halves", "", "application/json", `{"text":"\uD83D\uD83D"}`, 400, notObject + "a string has half"},
		{"a half in a name", "", "application/json", `{"\udfff":1}`, 400, notObject + "a string has half"},
		{"a name twice, deeper", "", "application/json", `{"n":[{"a":1,"b":[],"\u0061":2}]}`, 400, "the body has the field \"a\" more than once"},
		{"a form", "", "application/x-www-form-urlencoded", `ms=5`, 415, "a body must be application/json"},
		{"no content type", "", "", `{}`, 415, "a body must be application/json"},
		{"a malformed content type", "", ";", `{}`, 415, "a body must be application/json"},
		{"10 MiB", "", "application/json", strings.Repeat(" ", 10<<20), 413, "the body is larger than the 65536 bytes allowed"},
		{"one byte too many", "", "application/json", strings.Repeat(" ", 64<<10) + "1", 413, "the body is larger than the 65536 bytes allowed"},
		{"more parameters than any route has", manyParameters(101), "", "", 400, "more than 100 parameters"},
		{"more fields than any route has", "", "application/json", manyFields(101), 400, "more than 100 parameters"},
	} {
		t.Run(row.name, func(t *testing.T) {
			r := httptest.NewRequest(http.MethodPost, "/t/probe", strings.NewReader(row.body))
			r.URL.RawQuery = row.query
			if row.contentType != "" {
				r.Header.Set("Content-Type", row.contentType)
			}
			reply := s.send(r)
			p := problemOf(t, reply)
			if reply.Code != row.status || !strings.HasPrefix(p.Detail, row.detail) {
				t.Errorf("got %d %q, want %d %q", reply.Code, p.Detail, row.status, row.detail)
			}
		})
	}
}

func manyParameters(n int) string {
	parts := make([]string, n)
	for i := range parts {
		parts[i] = fmt.Sprintf("p%d=1", i)
	}
	return strings.Join(parts, "&")
}

func manyFields(n int) string {
	parts := make([]string, n)
	for i := range parts {
		parts[i] = fmt.Sprintf(`"p%d":[]`, i)
	}
	return "{" + strings.Join(parts, ",") + "}"
}

// A body whose length is not announced is cut off as it is read.
func TestChunkedBodyTooLarge(t *testing.T) {
	s := newSurface(t, defaults(), telemetry.Config{})
	r := request(http.MethodPost, "", strings.Repeat(" ", 10<<20))
	r.ContentLength = -1
	if reply := s.send(r); reply.Code != http.StatusRequestEntityTooLarge {
		t.Errorf("status %d: %s", reply.Code, reply.Body)
	}
}
