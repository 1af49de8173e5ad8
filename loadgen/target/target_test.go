package target_test

import (
	"bufio"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"

	"loadlab/loadgen/target"
)

func TestParse(t *testing.T) {
	for _, row := range []struct {
		name, text string
		want       []target.Target
	}{
		{"one", "GET http://a/b?c=d", []target.Target{{Name: "GET /b", Weight: 1, Method: "GET", URL: "http://a/b?c=d"}}},
		{"url alone", "http://a:81", []target.Target{{Name: "GET /", Weight: 1, Method: "GET", URL: "http://a:81"}}},
		{"weights", "3*GET http://a/; 1 * put http://a/x", []target.Target{
			{Name: "GET /", Weight: 3, Method: "GET", URL: "http://a/"}, {Name: "PUT /x", Weight: 1, Method: "PUT", URL: "http://a/x"},
		}},
		{"body with a semicolon", `POST http://a/ {"a":"b; c"}` + "\nhttps://b/", []target.Target{
			{Name: "POST /", Weight: 1, Method: "POST", URL: "http://a/", Body: `{"a":"b; c"}`}, {Name: "GET /", Weight: 1, Method: "GET", URL: "https://b/"},
		}},
		{"a bracket within a string", `POST http://a/ {"a":"{"};GET http://b/`, []target.Target{
			{Name: "POST /", Weight: 1, Method: "POST", URL: "http://a/", Body: `{"a":"{"}`}, {Name: "GET /", Weight: 1, Method: "GET", URL: "http://b/"},
		}},
		{"closing brackets within a string", `POST http://a/ ["]}", {"b":";"}] ; http://b/`, []target.Target{
			{Name: "POST /", Weight: 1, Method: "POST", URL: "http://a/", Body: `["]}", {"b":";"}]`}, {Name: "GET /", Weight: 1, Method: "GET", URL: "http://b/"},
		}},
		{"an escaped quote", `POST http://a/ {"a":"\";{\\"};http://b/`, []target.Target{
			{Name: "POST /", Weight: 1, Method: "POST", URL: "http://a/", Body: `{"a":"\";{\\"}`}, {Name: "GET /", Weight: 1, Method: "GET", URL: "http://b/"},
		}},
		{"an apostrophe", `POST http://a/ {"a":"it's; {"};http://b/`, []target.Target{
			{Name: "POST /", Weight: 1, Method: "POST", URL: "http://a/", Body: `{"a":"it's; {"}`}, {Name: "GET /", Weight: 1, Method: "GET", URL: "http://b/"},
		}},
		{"a body over lines", "POST http://a/ {\n\"a\":\n1}\r\nhttp://b/", []target.Target{
			{Name: "POST /", Weight: 1, Method: "POST", URL: "http://a/", Body: "{\n\"a\":\n1}"}, {Name: "GET /", Weight: 1, Method: "GET", URL: "http://b/"},
		}},
		{"placeholders", `POST http://a/ {"n":{seq},"r":[{random}]}; http://b/`, []target.Target{
			{Name: "POST /", Weight: 1, Method: "POST", URL: "http://a/", Body: `{"n":{seq},"r":[{random}]}`}, {Name: "GET /", Weight: 1, Method: "GET", URL: "http://b/"},
		}},
		{"brackets and quotes in queries", `GET http://a/?a=[1;GET http://b/?b=)";http://c/?d[]='(`, []target.Target{
			{Name: "GET /", Weight: 1, Method: "GET", URL: "http://a/?a=[1"}, {Name: "GET /", Weight: 1, Method: "GET", URL: `http://b/?b=)"`},
			{Name: "GET /", Weight: 1, Method: "GET", URL: "http://c/?d[]='("},
		}},
		{"lines that end with a return", "http://a/\r\nhttp://b/\r\n", []target.Target{
			{Name: "GET /", Weight: 1, Method: "GET", URL: "http://a/"}, {Name: "GET /", Weight: 1, Method: "GET", URL: "http://b/"},
		}},
		{"star within the URL", "http://a/*;", []target.Target{{Name: "GET /*", Weight: 1, Method: "GET", URL: "http://a/*"}}},
	} {
		t.Run(row.name, func(t *testing.T) {
			got, err := target.Parse(row.text)
			if err != nil || len(got) != len(row.want) {
				t.Fatalf("got %v, %v", got, err)
			}
			for i, want := range row.want {
				if g := got[i]; g.Name != want.Name || g.Weight != want.Weight || g.Method != want.Method || g.URL != want.URL || g.Body != want.Body {
					t.Errorf("got %+v, want %+v", g, want)
				}
			}
		})
	}
}

func TestParseProblems(t *testing.T) {
	for _, row := range []struct{ name, text, want string }{
		{"nothing", " ; ", "no target"},
		{"no host", "GET http:///x", "url must be http://host/path"},
		{"other scheme", "GET ftp://a/", "url must be http://host/path"},
		{"user", "GET http://u:p@a/", `has a user`},
		{"the user is not shown", "GET http://u:p@a/b@c", `target "GET http://…@a/b@c"`},
		{"no weight", "0*GET http://a/", "weight"},
		{"too heavy", "1001*GET http://a/", "weight 1001 is not 1 to 1000"},
		{"weight with a plus", "+5*GET http://a/", `weight "+5"`},
		{"method", "STEAL http://a/", `method "STEAL" is not one of GET`},
		{"port", "GET http://a:70000/", `port "70000" is not 1 to 65535`},
		{"placeholder", "GET http://a/{ID}", `unknown placeholder at "{ID}`},
		{"another URL", "GET http://a/ http://b/", `text "http://b/" after the URL is no body`},
		{"a protocol", "GET http://a/ HTTP/1.1", `text "HTTP/1.1" after the URL is no body`},
		{"a form", "POST http://a/ a=1", `text "a=1" after the URL is no body`},
		{"text after a body", `POST http://a/ {"a":1} b`, `text "b" after the body`},
		{"two bodies", `POST http://a/ {"a":1}{"b":2}`, `text "{\"b\":2}" after the body`},
		{"an open bracket", `POST http://a/ {"a":[1};GET http://b/`, "closes another bracket"},
		{"a bracket without an end", `POST http://a/ {"a":1;GET http://b/`, "has a bracket without an end"},
		{"a quote without an end", `POST http://a/ {"a};GET http://b/`, "has a quote without an end"},
		{"a bracket in a query", `GET http://a/?q={"a":"b"}`, "unknown placeholder"},
		{"a semicolon in a URL", "GET http://a/b;c=1", `target "c=1" is not [weight*][METHOD] URL [body]; write %3B`},
		{"a file", "POST http://a/ @file", `body of file "file"`},
		{"line break", "GET http://a/\rx", "printable ASCII"},
	} {
		t.Run(row.name, func(t *testing.T) {
			if got, err := target.Parse(row.text); err == nil || !strings.Contains(err.Error(), row.want) {
				t.Errorf("got %v, %v; want an error with %q", got, err, row.want)
			}
		})
	}
	_, err := target.Parse("GET nowhere; STEAL http://a/; GET http://a/")
	if err == nil || !strings.Contains(err.Error(), "nowhere") || !strings.Contains(err.Error(), "STEAL") {
		t.Errorf("error %v does not name both targets", err)
	}
}

func TestHeadersCannotBreakOut(t *testing.T) {
	for _, h := range []target.Header{{"X", "a\r\nY: b"}, {"X: y", "a"}, {"", "a"}, {"Host", "a/b"}, {"Host", "a b"}, {"Host", ""}, {"Content-Length", "1"}} {
		if _, err := target.New(target.Target{URL: "http://a/", Headers: []target.Header{h}}); err == nil {
			t.Errorf("header %q is taken", h)
		}
	}
}

// net/http's parser is the judge of what is sent.
func TestRequestsAreWhatTheTargetSays(t *testing.T) {
	made, err := target.New(target.Target{
		Method: "PUT", URL: "http://host:81/items/{created}?n={seq}", Body: `{"n":{seq},"r":{random},"x":{}}`, Headers: []target.Header{{"X-Seq", "{seq}"}},
	})
	if err != nil {
		t.Fatal(err)
	}
	raw := made.AppendRequest(nil, &target.Values{Seq: 7, Random: 1_000_042, Created: []byte("abc"), Traceparent: []byte("00-1-2-01")})
	r, err := http.ReadRequest(bufio.NewReader(strings.NewReader(string(raw))))
	if err != nil {
		t.Fatalf("%v in %q", err, raw)
	}
	body, _ := io.ReadAll(r.Body)
	if r.Method != "PUT" || r.Host != "host:81" || r.RequestURI != "/items/abc?n=7" || string(body) != `{"n":7,"r":42,"x":{}}` {
		t.Errorf("%s %s %s %s", r.Method, r.Host, r.RequestURI, body)
	}
	for name, want := range map[string]string{"X-Seq": "7", "Traceparent": "00-1-2-01", "Content-Type": "application/json", "User-Agent": "loadgen"} {
		if got := r.Header.Get(name); got != want {
			t.Errorf("header %s is %q, want %q", name, got, want)
		}
	}
	values := &target.Values{Seq: 7, Random: 1_000_042, Created: []byte("abc")}
	url, headers, text := made.Render(values)
	if url != "http://host:81/items/abc?n=7" || text != string(body) || !slices.Contains(headers, target.Header{Name: "X-Seq", Value: "7"}) {
		t.Errorf("rendered as %s %v %s", url, headers, text)
	}
	if !made.NeedsCreated() || made.Consumes() {
		t.Error("a PUT of {created} needs a resource and leaves it")
	}
}

func TestAddress(t *testing.T) {
	for url, want := range map[string]string{"http://a/": "a:80", "https://a/": "a:443", "http://a:9/": "a:9", "http://[::1]/": "[::1]:80", "http://[::1]:9/": "[::1]:9"} {
		made, err := target.New(target.Target{URL: url})
		if err != nil || made.Address() != want {
			t.Errorf("%s: address %q, %v; want %q", url, made.Address(), err, want)
		}
	}
}

func TestMixIsSmooth(t *testing.T) {
	m := target.NewMix([]int{6, 2, 0})
	got := ""
	for n := range uint64(8) {
		got += string(rune('A' + m.Pick(n)))
	}
	if got != "AABAAABA" {
		t.Errorf("order %s, want AABA twice", got)
	}
}

func FuzzParse(f *testing.F) {
	for _, seed := range []string{"3*GET http://a/b?c={seq}; POST http://b/ {\"x\":1}", "http://[::1]:80/{created}", "GET http://a/{", "1*1*GET http://a", ";;\n"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		targets, err := target.Parse(text)
		if err != nil {
			return
		}
		for i := range targets {
			raw := targets[i].AppendRequest(nil, &target.Values{Created: []byte("1")})
			r, err := http.ReadRequest(bufio.NewReader(strings.NewReader(string(raw))))
			if err != nil {
				t.Fatalf("%q makes a request that cannot be read: %v: %q", text, err, raw)
			}
			if n, err := io.Copy(io.Discard, r.Body); err != nil || n > 0 != (targets[i].Body != "") {
				t.Fatalf("%q: body of %d bytes, %v", text, n, err)
			}
			if !strings.HasPrefix(targets[i].Address(), targets[i].Host()) {
				t.Fatalf("%q: address %q", text, targets[i].Address())
			}
		}
	})
}
