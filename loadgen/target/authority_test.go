package target_test

import (
	"bufio"
	"encoding/json"
	"errors"
	"net/http"
	"strings"
	"testing"

	"loadlab/loadgen/target"
)

func TestAuthorities(t *testing.T) {
	long := strings.Repeat("a", 63)
	for _, good := range []string{
		"a", "a.b", "a.b.", "a-b.c1", "a_b", "A", "1.a", "127.0.0.1", "127.0.0.1:80", "a:1", "a:65535", "[::1]", "[::1]:80", "[::ffff:1.2.3.4]", "xn--bcher-kva.example", long + ".b",
	} {
		made, err := target.New(target.Target{URL: "http://" + good + "/"})
		if err != nil {
			t.Errorf("%s: %v", good, err)
		} else if made.Host() != good {
			t.Errorf("%s: host %q", good, made.Host())
		}
	}
	for _, bad := range []string{
		"", ":80", "a:", "a:b", "a:0", "a:65536", "a:+80", "a:80:80", "a..b", ".a", ".", "-a", "a-", "a,b", "a%20b", "a%41", `a\b`, `a"b`, "a'b", "a(b)", "a{seq}", "a<b", "a|b", "a^b",
		"1.2.3", "1.2.3.4.5", "256.1.1.1", "01.2.3.4", "1.2.3.4.", "user@a", "user:word@a", "@a", "[::1", "::1", "::1]", "[::1]x", "[::1]:", "[1.2.3.4]", "[fe80::1%25lo]", "[a]", "[]",
		"a[b]", long + "a", strings.Repeat("a.", 127) + "a", "a;b",
	} {
		if made, err := target.New(target.Target{URL: "http://" + bad + "/"}); err == nil {
			t.Errorf("%s is taken as %s", bad, made.Address())
		}
	}
}

func TestAHostAmongTheHeaders(t *testing.T) {
	for _, row := range []struct{ value, want string }{
		{"example.org", "example.org"}, {"example.org:81", "example.org:81"}, {"[::1]", "[::1]"}, {"t{seq}.example", "t7.example"},
	} {
		made, err := target.New(target.Target{URL: "http://127.0.0.1:8080/x", Headers: []target.Header{{Name: "HOST", Value: row.value}, {Name: "X", Value: "1"}}})
		if err != nil {
			t.Fatal(err)
		}
		values := target.Values{Seq: 7}
		r, err := http.ReadRequest(bufio.NewReader(strings.NewReader(string(made.AppendRequest(nil, &values)))))
		if err != nil || r.Host != row.want || made.Address() != "127.0.0.1:8080" || r.Header.Get("X") != "1" {
			t.Errorf("%s: host %q at %s, %v", row.value, r.Host, made.Address(), err)
		}
		url, headers, _ := made.Render(&values)
		for _, h := range headers {
			if strings.EqualFold(h.Name, "Host") {
				t.Errorf("%s: a client that writes the request itself gets the header %s", row.value, h)
			}
		}
		if got := made.Authority(&values); got != row.want || url != "http://127.0.0.1:8080/x" {
			t.Errorf("%s: authority %q of %s", row.value, got, url)
		}
	}
	_, err := target.New(target.Target{URL: "http://a/", Headers: []target.Header{{Name: "Host", Value: "b"}, {Name: "host", Value: "c"}}})
	if err == nil || !strings.Contains(err.Error(), "Host is given twice") {
		t.Errorf("two hosts: %v", err)
	}
}

func TestBodiesInFiles(t *testing.T) {
	read := func(name string) (string, error) {
		if name == "none" {
			return "", errors.New("no such file")
		}
		return "<" + name + ">; {", nil
	}
	got, err := target.ParseWith("POST http://a/ @a b.json ; POST http://b/ @-\r\nGET http://c/", read)
	if err != nil || len(got) != 3 || got[0].Body != "<a b.json>; {" || got[1].Body != "<->; {" || got[2].Body != "" {
		t.Errorf("got %+v, %v", got, err)
	}
	if _, err := target.ParseWith("POST http://a/ @none; GET http://b/", read); err == nil || !strings.Contains(err.Error(), `body of file "none": no such file`) {
		t.Errorf("error %v", err)
	}
}

// Whatever a JSON string has in it, the next target begins after the body.
func FuzzStringsInBodies(f *testing.F) {
	for _, seed := range []string{"", `{`, `}]`, `"`, `\`, `\"`, "; GET http://c/", "\n", "it's"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		encoded, err := json.Marshal(map[string]any{text: []string{text}})
		if err != nil {
			t.Skip("no JSON")
		}
		got, err := target.Parse("POST http://a/ " + string(encoded) + ";GET http://b/")
		if err != nil || len(got) != 2 || got[0].Body != string(encoded) || got[1].URL != "http://b/" {
			t.Fatalf("%q: %+v, %v", encoded, got, err)
		}
	})
}
