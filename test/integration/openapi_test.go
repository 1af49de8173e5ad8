package integration

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/pb33f/libopenapi"
	validator "github.com/pb33f/libopenapi-validator"
	"github.com/pb33f/libopenapi-validator/errors"
	v3 "github.com/pb33f/libopenapi/datamodel/high/v3"

	"loadlab/internal/web/problem"
)

// contract checks replies of the gateway against the document that it serves.
type contract struct {
	t        *testing.T
	services origin
	origin   string // the gateway
	check    validator.Validator
	model    *v3.Document
}

func newContract(t *testing.T) *contract { return newContractOn(t, "") }

func newContractOn(t *testing.T, database string) *contract {
	t.Helper()
	c := &contract{t: t, services: startOrigin(t, database)}
	c.origin = c.services["gateway"]
	document, err := libopenapi.NewDocument([]byte(c.text(c.origin, "/openapi.yaml")))
	if err != nil {
		t.Fatal(err)
	}
	var errs []error
	if c.check, errs = validator.NewValidator(document); len(errs) > 0 {
		t.Fatal(errs)
	}
	if valid, problems := c.check.ValidateDocument(); !valid {
		for _, p := range problems {
			t.Error(p.Message, p.Reason, p.SchemaValidationErrors)
		}
	}
	model, err := document.BuildV3Model()
	if err != nil {
		t.Fatal(err)
	}
	c.model = &model.Model
	return c
}

func (c *contract) text(base, path string) string {
	response, err := http.Get(base + path)
	if err != nil {
		c.t.Fatal(err)
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil || response.StatusCode != http.StatusOK {
		c.t.Fatalf("%s: %s, %v", path, response.Status, err)
	}
	return string(text)
}

// request builds a request to the gateway. Headers are alternately names and values.
func (c *contract) request(method, target, body string, headers ...string) *http.Request {
	c.t.Helper()
	request, err := http.NewRequestWithContext(c.t.Context(), method, c.origin+target, strings.NewReader(body))
	if err != nil {
		c.t.Fatal(err)
	}
	if body != "" {
		request.Header.Set("Content-Type", "application/json")
	}
	for i := 0; i < len(headers); i += 2 {
		request.Header.Set(headers[i], headers[i+1])
	}
	return request
}

// exchange sends a request and returns the reply, and how it differs from the document.
func (c *contract) exchange(request *http.Request) (response *http.Response, text []byte, differences []string) {
	c.t.Helper()
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		c.t.Fatal(err)
	}
	text, err = io.ReadAll(response.Body)
	if err != nil {
		c.t.Fatal(err)
	}
	_ = response.Body.Close()
	response.Body = io.NopCloser(bytes.NewReader(text))
	_, problems := c.check.ValidateHttpResponse(request, response)
	return response, text, describe(problems)
}

func describe(problems []*errors.ValidationError) (lines []string) {
	for _, p := range problems {
		lines = append(lines, p.Message+": "+p.Reason)
		for _, s := range p.SchemaValidationErrors {
			lines = append(lines, "  "+s.Reason+" at "+s.KeywordLocation)
		}
	}
	return lines
}

// try sends one request, validates the reply, and returns it.
func (c *contract) try(want int, method, target, body string, headers ...string) (http.Header, []byte) {
	c.t.Helper()
	response, text, differences := c.exchange(c.request(method, target, body, headers...))
	if response.StatusCode != want {
		c.t.Errorf("%s %s was answered %s, want %d: %s", method, target, response.Status, want, text)
	}
	for _, line := range differences {
		c.t.Errorf("%s %s: %s: %s", method, target, line, text)
	}
	return response.Header, text
}

// listed is a line of GET /.
type listed struct {
	Path       string   `json:"path"`
	Methods    []string `json:"methods"`
	Parameters []struct {
		Name      string   `json:"name"`
		In        string   `json:"in"`
		Methods   []string `json:"methods"`
		Type      string   `json:"type"`
		Default   any      `json:"default"`
		Minimum   *float64 `json:"minimum"`
		Maximum   *float64 `json:"maximum"`
		MaxLength *int     `json:"maxLength"`
	} `json:"parameters"`
}

func (c *contract) routes() []listed {
	var index struct {
		Routes []listed `json:"routes"`
	}
	_, text := c.try(http.StatusOK, http.MethodGet, "/", "")
	if err := json.Unmarshal(text, &index); err != nil {
		c.t.Fatal(err)
	}
	return index.Routes
}

// small keeps the work of a test request small; the bounds are tested apart.
func small(path string) url.Values {
	return map[string]url.Values{
		"/io/wait": {"ms": {"1"}}, "/io/disk": {"kb": {"1"}}, "/io/call": {"ms": {"1"}, "hops": {"2"}},
		"/io/{name}": {"ms": {"1"}}, "/cpu/spin": {"ms": {"1"}}, "/cpu/hash": {"rounds": {"10"}},
		"/cpu/primes": {"below": {"100"}}, "/cpu/matrix": {"n": {"4"}}, "/cpu/sort": {"n": {"10"}},
		"/cpu/json": {"records": {"10"}}, "/cpu/gzip": {"kb": {"1"}},
		"/mixed/sequence": {"io_ms": {"1"}, "cpu_ms": {"1"}, "width": {"2"}},
		"/mixed/parallel": {"io_ms": {"1"}, "cpu_ms": {"1"}, "width": {"2"}},
	}[path]
}

func TestRepliesFollowTheDocument(t *testing.T) {
	c := newContract(t)
	for _, route := range c.routes() {
		arguments := small(route.Path)
		if arguments == nil {
			continue
		}
		path := strings.ReplaceAll(route.Path, "{name}", "slow")
		for _, method := range route.Methods {
			c.try(http.StatusOK, method, path+"?"+arguments.Encode(), "")
			c.try(http.StatusBadRequest, method, path+"?nonsense=1&"+arguments.Encode(), "")
			if method == http.MethodGet {
				continue
			}
			fields := make([]string, 0, len(arguments))
			for name, values := range arguments {
				fields = append(fields, fmt.Sprintf("%q:%s", name, values[0]))
			}
			c.try(http.StatusOK, method, path, "{"+strings.Join(fields, ",")+"}")
			c.try(http.StatusBadRequest, method, path, "[1]")
		}
	}
	c.try(http.StatusNotFound, http.MethodGet, "/io/nowhere", "")
	c.try(http.StatusUnsupportedMediaType, http.MethodPost, "/cpu/spin", "ms=1", "Content-Type", "text/plain")
	c.try(http.StatusRequestEntityTooLarge, http.MethodPost, "/cpu/spin", strings.Repeat(" ", 1<<20))
	c.try(http.StatusGatewayTimeout, http.MethodGet, "/io/wait?ms=60000", "", "X-Request-Timeout-Ms", "20")
	for _, path := range []string{"/openapi.json", "/openapi.yaml"} {
		c.try(http.StatusOK, http.MethodGet, path, "")
	}
}

func TestItemsFollowTheDocument(t *testing.T) {
	c := newContract(t)
	header, _ := c.try(http.StatusCreated, http.MethodPost, "/items", `{"name":"bolt","quantity":3}`, "Idempotency-Key", `"k1"`)
	again, _ := c.try(http.StatusCreated, http.MethodPost, "/items", `{"name":"bolt","quantity":3}`, "Idempotency-Key", `"k1"`)
	item, tag := header.Get("Location"), header.Get("ETag")
	if item == "" || again.Get("Location") != item || again.Get("Idempotency-Replayed") != "true" {
		t.Errorf("the same key gave %q and then %q", item, again.Get("Location"))
	}
	c.try(http.StatusCreated, http.MethodPost, "/items", `{"name":"nut","quantity":1000000000}`)
	c.try(http.StatusOK, http.MethodGet, item, "")
	c.try(http.StatusNotModified, http.MethodGet, item, "", "If-None-Match", tag)
	_, page := c.try(http.StatusOK, http.MethodGet, "/items?limit=1", "")
	var first struct {
		Cursor string `json:"next_cursor"`
	}
	if err := json.Unmarshal(page, &first); err != nil || first.Cursor == "" {
		t.Errorf("the first page is %s", page)
	}
	c.try(http.StatusOK, http.MethodGet, "/items?limit=500&cursor="+url.QueryEscape(first.Cursor), "")
	c.try(http.StatusOK, http.MethodPut, item, `{"name":"screw","quantity":0}`, "If-Match", tag)
	c.try(http.StatusPreconditionFailed, http.MethodPut, item, `{"name":"screw","quantity":1}`, "If-Match", tag)
	c.try(http.StatusPreconditionFailed, http.MethodDelete, item, "", "If-Match", tag)
	c.try(http.StatusPreconditionFailed, http.MethodGet, item, "", "If-Match", tag)
	const patch = "application/merge-patch+json"
	c.try(http.StatusOK, http.MethodPatch, item, `{"quantity":7}`, "Content-Type", patch, "If-Match", `"2"`)
	c.try(http.StatusPreconditionFailed, http.MethodPatch, item, `{"quantity":8}`, "Content-Type", patch, "If-None-Match", "*")
	c.try(http.StatusUnprocessableEntity, http.MethodPatch, item, `{"name":null}`, "Content-Type", patch)
	if refused, _ := c.try(http.StatusUnsupportedMediaType, http.MethodPatch, item, `{"quantity":8}`); refused.Get("Accept-Patch") != patch {
		t.Errorf("the gateway says Accept-Patch %q", refused.Get("Accept-Patch"))
	}
	c.try(http.StatusNoContent, http.MethodDelete, item, "")
	c.try(http.StatusNotFound, http.MethodGet, item, "")
	c.try(http.StatusUnprocessableEntity, http.MethodPost, "/items", `{"name":"other","quantity":3}`, "Idempotency-Key", `"k1"`)
	for _, body := range []string{`{}`, `{"name":"","quantity":1}`, `{"name":"x","quantity":-1}`, `{"name":"x","quantity":1000000001}`,
		`{"name":"x","quantity":1,"colour":"red"}`, `{"name":"` + strings.Repeat("x", 201) + `","quantity":1}`} {
		c.try(http.StatusBadRequest, http.MethodPost, "/items", body)
	}
	c.try(http.StatusBadRequest, http.MethodPost, "/items", `{"name":"x","quantity":1}`, "Idempotency-Key", `"`+strings.Repeat("k", 256)+`"`)
}

// TestBoundsOfTheDocumentAreThoseOfTheServices sends values next to each bound:
// one beyond must be refused, and a request with another parameter that is
// wrong must not name the one at its bound, which costs no work.
func TestBoundsOfTheDocumentAreThoseOfTheServices(t *testing.T) {
	c := newContract(t)
	tested := 0
	for _, route := range c.routes() {
		for _, p := range route.Parameters {
			if p.In != "query" || p.Minimum == nil || p.Maximum == nil {
				continue
			}
			tested++
			step := 1.0
			if p.Type == "number" {
				step = 1e-6
			}
			for _, row := range []struct {
				value float64
				valid bool
			}{{*p.Minimum, true}, {*p.Maximum, true}, {*p.Minimum - step, false}, {*p.Maximum + step, false}} {
				named := c.names(route.Path, p.Name, row.value)
				if named == row.valid {
					t.Errorf("%s: %s=%v is refused: %v", route.Path, p.Name, row.value, named)
				}
			}
			if p.Type == "integer" && !c.names(route.Path, p.Name, *p.Minimum+0.5) {
				t.Errorf("%s: %s takes a fraction", route.Path, p.Name)
			}
			if value, ok := p.Default.(float64); !ok || value < *p.Minimum || value > *p.Maximum {
				t.Errorf("%s: %s has the default %v", route.Path, p.Name, p.Default)
			}
		}
	}
	if tested < 19 {
		t.Errorf("%d parameters have bounds", tested)
	}
}

// names tells whether the service refuses value for the parameter.
func (c *contract) names(path, parameter string, value float64) bool {
	c.t.Helper()
	text := fmt.Sprintf("%.6f", value)
	if value == math.Trunc(value) {
		text = fmt.Sprintf("%.0f", value)
	}
	_, body := c.try(http.StatusBadRequest, http.MethodGet, path+"?nonsense=1&"+parameter+"="+text, "")
	var reply problem.Problem
	if err := json.Unmarshal(body, &reply); err != nil {
		c.t.Fatal(err)
	}
	return slices.ContainsFunc(reply.Errors, func(v problem.Violation) bool { return v.Parameter == parameter })
}

// TestDefaultsOfTheDocumentAreThoseOfTheServices compares them with
// the replies to requests without arguments.
func TestDefaultsOfTheDocumentAreThoseOfTheServices(t *testing.T) {
	c := newContract(t)
	shown := map[string]map[string]string{ // route: parameter to the field of the result
		"/io/wait":    {"ms": "waited_ms", "blocking": "blocking"},
		"/io/disk":    {"kb": "bytes", "sync": "synced"},
		"/io/call":    {"hops": "hops"},
		"/cpu/spin":   {"blocking": "blocking"},
		"/cpu/hash":   {"rounds": "rounds"},
		"/cpu/primes": {"below": "below"},
		"/cpu/matrix": {"n": "n"},
		"/cpu/sort":   {"n": "n"},
		"/cpu/json":   {"records": "records"},
		"/cpu/gzip":   {"kb": "bytes"},
	}
	for _, route := range c.routes() {
		fields, ok := shown[route.Path]
		if !ok {
			continue
		}
		_, text := c.try(http.StatusOK, http.MethodGet, route.Path, "")
		var reply struct {
			Result map[string]any `json:"result"`
		}
		if err := json.Unmarshal(text, &reply); err != nil {
			t.Fatal(err)
		}
		for _, p := range route.Parameters {
			want := p.Default
			if kb, isNumber := want.(float64); isNumber && p.Name == "kb" {
				want = kb * 1024
			}
			if field := fields[p.Name]; field != "" && reply.Result[field] != want {
				t.Errorf("%s: %s is %v by default, and the document says %v", route.Path, p.Name, reply.Result[field], want)
			}
		}
	}
}
