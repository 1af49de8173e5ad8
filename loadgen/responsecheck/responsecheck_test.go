package responsecheck_test

import (
	"net/http"
	"strings"
	"testing"

	"loadlab/loadgen/responsecheck"
)

func response(status int, body string) *responsecheck.Response {
	return &responsecheck.Response{
		Status: status, Body: []byte(body), Size: int64(len(body)),
		Header: http.Header{"Content-Type": {"application/json"}, "X-Two": {"a", "b"}},
	}
}

func TestChecks(t *testing.T) {
	const body = `{"id": 7, "name": "a\"b", "none": null, "items": [{"n": 1}, {"n": 2}], "big": 1e3}`
	for text, want := range map[string]string{
		`status == 200`:                  "",
		`status in [200,201]`:            "",
		`status == 201`:                  `status 200, body "{`,
		`status >= 200 and status < 300`: "",
		`header("content-type") startsWith "application/"`:      "",
		`header("X-Missing") == ""`:                             "",
		`header("X-Two") == "a"`:                                "",
		`body contains "items"`:                                 "",
		`body matches "\"id\": [0-9]+"`:                         "",
		`size == 82`:                                            "",
		`size > 100`:                                            "status 200",
		`json("$.id") == 7`:                                     "",
		`json("$.name") == "a\"b"`:                              "",
		`json("$.missing") == nil`:                              "",
		`json("$.none") == nil`:                                 "",
		`json("$.missing") > 1`:                                 "status 200: ",
		`json("$.big") == 1000`:                                 "",
		`len(json("$.items[*].n")) == 2`:                        "",
		`json("$.items[?@.n > 1].n")[0] == 2`:                   "",
		`len(json("$.items[?@.n > 5]")) == 0`:                   "",
		`sum(json("$..n")) == 3`:                                "",
		`all(json("$.items"), .n > 1)`:                          "status 200",
		`let n = json("$.id"); n > 5 and n < 10`:                "",
		`upper(json("$.name")) == "A\"B"`:                       "",
		`any([1, 2], # == status) or json("$.items[-1].n") > 1`: "",
	} {
		c, err := responsecheck.Parse(text)
		if err != nil {
			t.Errorf("%s: %v", text, err)
			continue
		}
		err = c.Evaluate(response(200, body))
		if want == "" && err != nil || want != "" && (err == nil || !strings.HasPrefix(err.Error(), want)) {
			t.Errorf("%s: %v, want %q", text, err, want)
		}
	}
}

func TestBodiesThatAreNoJSON(t *testing.T) {
	c, err := responsecheck.Parse(`json("$.id") == nil`)
	if err != nil {
		t.Fatal(err)
	}
	for _, body := range []string{"", "{", "no", `{"id":1}{"id":2}`, "\xff", strings.Repeat("[", 100_000)} {
		if err := c.Evaluate(response(200, body)); err == nil || !strings.Contains(err.Error(), "the body is no JSON") || len(err.Error()) > 1000 {
			t.Errorf("%.10q: %.200v", body, err)
		}
	}
	cut := response(200, "{}")
	cut.Size = responsecheck.MaxBody + 1
	if err := c.Evaluate(cut); err == nil || !strings.Contains(err.Error(), "of which checks see") {
		t.Errorf("a body that was cut: %v", err)
	}
}

func TestWrongChecks(t *testing.T) {
	for text, want := range map[string]string{
		"":                        "empty",
		"  \n":                    "empty",
		"status":                  "bool",
		"status = 200":            "check",
		`status == "200"`:         "mismatched types",
		"statuss == 200":          "unknown name",
		"size matches 1":          "check",
		`header(1) == ""`:         "check",
		`header() == ""`:          "check",
		`json("$[") == 1`:         "jsonpath",
		`json("id") == 1`:         "jsonpath",
		`json(body) == 1`:         "must be a string",
		`json("$.a", 1) == 1`:     "check",
		`body matches "["`:        "check",
		`env("HOME") == ""`:       "unknown name",
		`status == 200; size > 1`: "check",
		strings.Repeat("status == 200 and ", 200) + "true": "more than 2000",
		strings.Repeat("(", 1500):                          "check",
	} {
		if _, err := responsecheck.Parse(text); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%.60q: %v, want %q", text, err, want)
		}
	}
}

func TestWhatACheckIsOf(t *testing.T) {
	for text, want := range map[string][2]bool{
		`status == 200`:                        {true, false},
		`header("A") == "status" or size > 1`:  {false, false},
		`body == ""`:                           {false, true},
		`json("$.status") == 1`:                {false, true},
		`any([1], # == status)`:                {true, false},
		`let s = status; s > 1 and body != ""`: {true, true},
	} {
		c, err := responsecheck.Parse(text)
		if err != nil {
			t.Errorf("%s: %v", text, err)
		} else if got := [2]bool{c.OfStatus(), c.OfBody()}; got != want {
			t.Errorf("%s is of status, body: %v, want %v", text, got, want)
		}
	}
}

func TestLists(t *testing.T) {
	list, err := responsecheck.ParseList("status == 200; body contains \"a;b\"\n body != 'it\\'s;' ;;\n body != `\\`; size > 1 ")
	if err != nil || len(list) != 5 {
		t.Errorf("%v, %v; want 5 checks", list, err)
	}
	if list, err := responsecheck.ParseList(" ;\n"); err != nil || list != nil {
		t.Errorf("nothing is %v, %v", list, err)
	}
	if _, err := responsecheck.ParseList("status == 1; foo; bar"); err == nil || !strings.Contains(err.Error(), "foo") || !strings.Contains(err.Error(), "bar") {
		t.Errorf("two wrong checks: %v", err)
	}
}

func FuzzChecks(f *testing.F) {
	f.Add(`json("$..a[?@.b > 1]") == 1; body contains "x"`, `{"a":[{"b":2}]}`)
	f.Add(`size > 1 and header("A") == ""`, "")
	f.Fuzz(func(t *testing.T, text, body string) {
		if len(text) > 200 {
			return
		}
		list, err := responsecheck.ParseList(text)
		if err != nil {
			return
		}
		for _, c := range list {
			if err := c.Evaluate(response(200, body)); err != nil && len(err.Error()) > 4000 {
				t.Fatalf("%q: an error of %d bytes", text, len(err.Error()))
			}
		}
	})
}
