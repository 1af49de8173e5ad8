package items_test

import (
	"net/http"
	"strings"
	"testing"

	"loadlab/internal/web/problem"
)

func TestBadInput(t *testing.T) {
	s := newService(t, defaults(sqliteURL(t)))
	const good = `{"name":"bolt","quantity":1}`
	for _, row := range []struct {
		name, method, target, body string
		headers                    []string
		status                     int
		parameters                 string // that the reply names, separated by spaces
	}{
		{name: "nothing in the object", method: "POST", target: "/items", body: `{}`, status: 400, parameters: "name quantity"},
		{name: "everything at once", method: "POST", target: "/items?x=1", body: `{"name":1,"quantity":"1","Name":"a"}`,
			headers: []string{"Idempotency-Key", "ü", "If-Match", "1", "If-None-Match", "1"}, status: 400,
			parameters: "Idempotency-Key If-Match If-None-Match Name name quantity x"},
		{name: "null", method: "POST", target: "/items", body: `{"name":null,"quantity":null}`, status: 400, parameters: "name quantity"},
		{name: "a field twice", method: "POST", target: "/items", body: `{"name":"a","name":"b","quantity":1}`, status: 400, parameters: "name"},
		{name: "a name of spaces", method: "POST", target: "/items", body: `{"name":"  ","quantity":1}`, status: 400, parameters: "name"},
		{name: "a name with NUL", method: "POST", target: "/items", body: `{"name":"a\u0000","quantity":1}`, status: 400, parameters: "name"},
		{name: "a long name", method: "POST", target: "/items", body: `{"name":"` + strings.Repeat("ü", 201) + `","quantity":1}`, status: 400, parameters: "name"},
		{name: "a fraction", method: "POST", target: "/items", body: `{"name":"a","quantity":1.5}`, status: 400, parameters: "quantity"},
		{name: "a negative", method: "POST", target: "/items", body: `{"name":"a","quantity":-1}`, status: 400, parameters: "quantity"},
		{name: "too much", method: "POST", target: "/items", body: `{"name":"a","quantity":1e400}`, status: 400, parameters: "quantity"},
		{name: "a list", method: "POST", target: "/items", body: `[]`, status: 400},
		{name: "no JSON", method: "POST", target: "/items", body: `name=a`, status: 400},
		{name: "two objects", method: "POST", target: "/items", body: good + good, status: 400},
		{name: "cut short", method: "POST", target: "/items", body: `{"name":"a","quant`, status: 400},
		{name: "not UTF-8", method: "POST", target: "/items", body: "{\"name\":\"\xff\",\"quantity\":1}", status: 400},
		{name: "half a surrogate pair", method: "POST", target: "/items", body: `{"name":"a\ud800b","quantity":1}`, status: 400},
		{name: "a fraction that would be rounded away", method: "POST", target: "/items", body: `{"name":"a","quantity":1.00000000000000000001}`, status: 400, parameters: "quantity"},
		{name: "a limit with a plus", method: "GET", target: "/items?limit=%2B5", status: 400, parameters: "limit"},
		{name: "a form", method: "POST", target: "/items", body: good, headers: []string{"Content-Type", "text/plain"}, status: 415},
		{name: "no body", method: "POST", target: "/items", status: 415},
		{name: "a large body", method: "POST", target: "/items", body: `{"name":"` + strings.Repeat("a", 10<<20) + `"}`, status: 413},
		{name: "id in words", method: "GET", target: "/items/first", status: 400, parameters: "id"},
		{name: "id zero", method: "DELETE", target: "/items/0", status: 400, parameters: "id"},
		{name: "id too large", method: "GET", target: "/items/9223372036854775808", status: 400, parameters: "id"},
		{name: "id and body", method: "PUT", target: "/items/01", body: `{"name":"a"}`, status: 400, parameters: "id quantity"},
		{name: "limit zero", method: "GET", target: "/items?limit=0", status: 400, parameters: "limit"},
		{name: "limit and cursor", method: "GET", target: "/items?limit=501&cursor=abc", status: 400, parameters: "cursor limit"},
		{name: "limit twice", method: "GET", target: "/items?limit=1&limit=2", status: 400, parameters: "limit"},
		{name: "changed cursor", method: "GET", target: "/items?cursor=AAAAAAAAAAEAAAAAAA", status: 400, parameters: "cursor"},
		{name: "another parameter", method: "GET", target: "/items?offset=1", status: 400, parameters: "offset"},
		{name: "another method", method: "POST", target: "/items/1", body: good, status: 405},
		{name: "delete all", method: "DELETE", target: "/items", status: 405},
		{name: "another route", method: "GET", target: "/items/1/parts", status: 404},
		{name: "no such item", method: "GET", target: "/items/1", status: 404},
	} {
		t.Run(row.name, func(t *testing.T) {
			reply := s.do(row.method, row.target, row.body, row.headers...)
			if reply.Code != row.status || reply.Header().Get("Content-Type") != "application/problem+json" {
				t.Fatalf("status %d, want %d, body %s", reply.Code, row.status, reply.Body)
			}
			var named []string
			for _, violation := range decode[problem.Problem](t, reply).Errors {
				named = append(named, violation.Parameter)
			}
			if got := strings.Join(named, " "); got != row.parameters {
				t.Errorf("the reply names %q, want %q: %s", got, row.parameters, reply.Body)
			}
		})
	}
	if page := s.do("GET", "/items", "").Body.String(); strings.TrimSpace(page) != `{"items":[]}` {
		t.Errorf("bad input created something: %s", page)
	}
}

func TestReplySaysWhereTheTimeWent(t *testing.T) {
	s := newService(t, defaults(sqliteURL(t)))
	reply := s.do(http.MethodPost, "/items", `{"name":"bolt","quantity":1}`)
	for _, name := range []string{"Server-Timing", "Traceresponse", "ETag", "Location"} {
		if reply.Header().Get(name) == "" {
			t.Errorf("no header %s in %v", name, reply.Header())
		}
	}
}
