package extract_test

import (
	"net/http"
	"strings"
	"testing"

	"loadlab/loadgen/extract"
	"loadlab/loadgen/responsecheck"
)

func response(body string) *responsecheck.Response {
	return &responsecheck.Response{Status: 200, Body: []byte(body), Size: int64(len(body)), Header: http.Header{"Location": {"/a/7?x", "second"}, "Empty": {""}}}
}

func TestValues(t *testing.T) {
	const body = `{"id": 12345678901234567890, "f": 1.50, "t": true, "n": null, "s": "a\"<ü", "e": "", "list": [{"a": 1}, {"a": 2}]} end`
	inner := strings.TrimSuffix(body, " end")
	for _, row := range []struct {
		spec       extract.Spec
		body       string
		want, fail string
	}{
		{extract.Spec{JSON: "$.id"}, inner, "12345678901234567890", ""},
		{extract.Spec{JSON: "$.f"}, inner, "1.50", ""},
		{extract.Spec{JSON: "$.t"}, inner, "true", ""},
		{extract.Spec{JSON: "$.s"}, inner, "a\"<ü", ""},
		{extract.Spec{JSON: "$.list[1]"}, inner, `{"a":2}`, ""},
		{extract.Spec{JSON: "$.list[*].a"}, inner, "1", ""},
		{extract.Spec{JSON: "$.list[?@.a > 1].a"}, inner, "2", ""},
		{extract.Spec{JSON: "$.s", Regexp: "<(.)"}, inner, "ü", ""},
		{extract.Spec{JSON: "$.n"}, inner, "", "selects nothing"},
		{extract.Spec{JSON: "$.missing"}, inner, "", "selects nothing"},
		{extract.Spec{JSON: "$.e"}, inner, "", "the value is empty"},
		{extract.Spec{JSON: "$.id"}, "", "", "no JSON"},
		{extract.Spec{JSON: "$.id"}, "<html>", "", "no JSON"},
		{extract.Spec{Header: "location"}, "", "/a/7?x", ""},
		{extract.Spec{Header: "Location", Regexp: "/([0-9]+)"}, "", "7", ""},
		{extract.Spec{Header: "Location", Regexp: "[0-9]+"}, "", "7", ""},
		{extract.Spec{Header: "Location", Regexp: "z"}, "", "", "does not match"},
		{extract.Spec{Header: "Location", Regexp: "z*"}, "", "", "the value is empty"},
		{extract.Spec{Header: "Missing"}, "", "", "there is no header Missing"},
		{extract.Spec{Header: "Empty"}, "", "", "the value is empty"},
		{extract.Spec{Regexp: `"f": ([0-9.]+)`}, body, "1.50", ""},
		{extract.Spec{Regexp: "(?s).*"}, strings.Repeat("a", 1<<17), "", "more than 65536"},
	} {
		row.spec.Name = "x"
		rule, err := extract.New(row.spec)
		if err != nil {
			t.Errorf("%+v: %v", row.spec, err)
			continue
		}
		got, err := rule.Find(response(row.body))
		if got != row.want || (err == nil) != (row.fail == "") || err != nil && !strings.Contains(err.Error(), row.fail) {
			t.Errorf("%s: %.100q, %v; want %q, %q", rule, got, err, row.want, row.fail)
		}
		long := response(row.body)
		long.Size = responsecheck.MaxBody + 1
		if _, err := rule.Find(long); rule.OfBody() && (err == nil || !strings.Contains(err.Error(), "more than")) {
			t.Errorf("%s of a body that was cut: %v", rule, err)
		}
	}
}

func TestWrongRules(t *testing.T) {
	for _, row := range []struct {
		spec extract.Spec
		want string
	}{
		{extract.Spec{JSON: "$.a"}, "name"}, {extract.Spec{Name: "a b", JSON: "$.a"}, "name"}, {extract.Spec{Name: "a}", JSON: "$.a"}, "name"},
		{extract.Spec{Name: "a"}, "one of json"}, {extract.Spec{Name: "a", JSON: "$", Header: "B"}, "both"}, {extract.Spec{Name: "a", JSON: "a.b"}, "jsonpath"},
		{extract.Spec{Name: "a", Regexp: "("}, "error parsing"}, {extract.Spec{Name: "a", Regexp: "(a)(b)"}, "more than one group"},
	} {
		if _, err := extract.New(row.spec); err == nil || !strings.Contains(err.Error(), row.want) {
			t.Errorf("%+v: %v, want %q", row.spec, err, row.want)
		}
	}
}

func FuzzFind(f *testing.F) {
	f.Add("$..a[?@.b]", "([a-z]+)", `{"a":[{"b":"x"}]}`)
	f.Fuzz(func(t *testing.T, path, pattern, body string) {
		if len(path) > 100 || len(pattern) > 100 {
			return
		}
		rule, err := extract.New(extract.Spec{Name: "a", JSON: path, Regexp: pattern})
		if err != nil {
			return
		}
		if value, err := rule.Find(response(body)); (err == nil) != (value != "") {
			t.Fatalf("%q, %v", value, err)
		}
	})
}
