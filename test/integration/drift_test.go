package integration

import (
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/pb33f/libopenapi"
	validator "github.com/pb33f/libopenapi-validator"

	"loadlab/internal/web/problem"
)

// TestTheDocumentHasTheRoutesOfEachService compares the table of routes of each
// service with the document that it serves.
func TestTheDocumentHasTheRoutesOfEachService(t *testing.T) {
	c := newContract(t)
	for name, base := range c.services {
		var index struct {
			Document string   `json:"openapi"`
			Routes   []listed `json:"routes"`
		}
		if err := json.Unmarshal([]byte(c.text(base, "/")), &index); err != nil {
			t.Fatal(err)
		}
		text := c.text(base, index.Document)
		document, err := libopenapi.NewDocument([]byte(text))
		if err != nil {
			t.Fatal(err)
		}
		check, errs := validator.NewValidator(document)
		if len(errs) > 0 {
			t.Fatal(errs)
		}
		if valid, problems := check.ValidateDocument(); !valid {
			t.Errorf("%s: %v", name, describe(problems))
		}
		var documented struct {
			Paths map[string]map[string]json.RawMessage `json:"paths"`
		}
		if err := json.Unmarshal([]byte(text), &documented); err != nil {
			t.Fatal(err)
		}
		var want, got []string
		for path, item := range documented.Paths {
			for method := range item {
				if method = strings.ToUpper(method); isMethod(method) {
					want = append(want, method+" "+path)
				}
			}
		}
		for _, route := range index.Routes {
			for _, method := range route.Methods {
				if isMethod(method) {
					got = append(got, method+" "+templateOf(route.Path))
				}
			}
		}
		slices.Sort(want)
		slices.Sort(got)
		if !slices.Equal(want, slices.Compact(got)) {
			t.Errorf("%s: the document has %v\nand the service %v", name, want, got)
		}
	}
}

// isMethod leaves out the keys of a path item that are no methods, and HEAD and
// OPTIONS, which every route answers.
func isMethod(name string) bool {
	return slices.Contains([]string{"GET", "POST", "PUT", "PATCH", "DELETE"}, name)
}

// templateOf writes a path of a router as the document does.
func templateOf(path string) string {
	switch path {
	case "/io/slow", "/cpu/slow", "/mixed/slow": // the named routes of these tests
		return path[:strings.LastIndex(path, "/")] + "/{name}"
	case "/items/:id":
		return "/items/{id}"
	}
	return path
}

// TestTheDocumentHasTheParametersOfEachRoute asks each route for its
// parameters, by one that it does not have, and compares them with the document.
func TestTheDocumentHasTheParametersOfEachRoute(t *testing.T) {
	c := newContract(t)
	asked := 0
	for _, o := range c.operations() {
		if o.method != http.MethodGet || !slices.Contains([]string{"io", "cpu", "mixed"}, strings.Split(o.path, "/")[1]) || strings.Contains(o.path, "{") {
			continue
		}
		asked++
		_, body := c.try(http.StatusBadRequest, http.MethodGet, o.path+"?nonsense=1", "")
		var reply problem.Problem
		if err := json.Unmarshal(body, &reply); err != nil {
			t.Fatal(err)
		}
		var want []string
		for _, p := range o.parameters {
			want = append(want, p.Name)
		}
		slices.Sort(want)
		_, has, _ := strings.Cut(reply.Detail, "it has ")
		if has != strings.Join(want, ", ") {
			t.Errorf("%s has the parameters %q, and the document says %v", o.path, has, want)
		}
	}
	if asked < 12 {
		t.Errorf("%d routes were asked", asked)
	}
}

// TestTheDocumentHasTheHeadersOfItems breaks each header of the document that can be
// broken: the service must name it, so it reads it.
func TestTheDocumentHasTheHeadersOfItems(t *testing.T) {
	c := newContract(t)
	c.try(http.StatusCreated, http.MethodPost, "/items", `{"name":"bolt","quantity":3}`)
	named := map[string]int{}
	for _, o := range c.operations() {
		for _, p := range o.parameters {
			if p.In != "header" || p.Schema.Schema().Pattern == "" {
				continue
			}
			with := call{}.plus(p, "broken")
			for _, other := range o.parameters {
				if other.In == "path" {
					with = with.plus(other, "1")
				}
			}
			if o.body != nil {
				with.media, _ = o.media()
				with.body = `{"name":"bolt","quantity":3}`
			}
			response, text, _ := c.exchange(c.requestOf(o, with))
			var reply problem.Problem
			if err := json.Unmarshal(text, &reply); err != nil {
				t.Fatal(err)
			}
			if response.StatusCode != http.StatusBadRequest || len(reply.Errors) != 1 || reply.Errors[0].Parameter != p.Name {
				t.Errorf("%s does not read %s: %s", o, p.Name, text)
			}
			named[p.Name]++
		}
	}
	if named["If-Match"] != 6 || named["If-None-Match"] != 6 || named["Idempotency-Key"] != 1 {
		t.Errorf("headers of the document: %v", named)
	}
}
