package integration

import (
	"encoding/json"
	"net/http"
	"slices"
	"testing"

	"github.com/pb33f/libopenapi-validator/schema_validation"
	v3 "github.com/pb33f/libopenapi/datamodel/high/v3"

	"loadlab/internal/testkit"
)

func TestExamplesOnSQLite(t *testing.T) { testExamples(t, newContract(t)) }

func TestExamplesOnPostgres(t *testing.T) {
	testExamples(t, newContractOn(t, testkit.StartPostgres(t).URL))
}

// testExamples sends every example of the document to the services, and expects success.
func testExamples(t *testing.T, c *contract) {
	sent := 0
	for _, o := range c.operations() {
		for _, with := range c.examples(o) {
			sent++
			c.succeeds(o, with)
		}
	}
	if sent < 200 {
		t.Errorf("%d examples were sent", sent)
	}
	t.Logf("%d requests", sent)
}

// succeeds sends a call that must be valid and successful, though a
// precondition of it may say that there is nothing to do.
func (c *contract) succeeds(o operation, with call) {
	c.t.Helper()
	if o.path == "/items/{id}" {
		// The example of the id is the first item, which must be there and in its first version.
		created := c.request(http.MethodPost, "/items", `{"name":"bolt","quantity":12}`)
		response, text, _ := c.exchange(created)
		var item struct {
			ID json.Number `json:"id"`
		}
		if err := json.Unmarshal(text, &item); err != nil || response.StatusCode != http.StatusCreated {
			c.t.Fatalf("%s: %s", response.Status, text)
		}
		if o.method != http.MethodGet {
			with.path = map[string]string{"id": item.ID.String()}
		}
	}
	request := c.requestOf(o, with)
	if valid, problems := c.check.ValidateHttpRequest(request); !valid {
		c.t.Errorf("%s, %+v: the document refuses its example: %v", o, with, describe(problems))
	}
	request = c.requestOf(o, with) // the validator has read the body
	response, text, differences := c.exchange(request)
	status := response.StatusCode
	conditional := len(with.header) > 0 && (status == http.StatusNotModified || status == http.StatusPreconditionFailed)
	if status/100 != 2 && !conditional {
		c.t.Errorf("%s, %+v: %s %s", o, with, response.Status, text)
	}
	for _, line := range differences {
		c.t.Errorf("%s, %+v: %s: %s", o, with, line, text)
	}
}

// examples returns the calls that the examples of an operation make: with the
// required parameters alone, with each optional one, and with the whole query,
// each of them with each body.
func (c *contract) examples(o operation) []call {
	c.t.Helper()
	needed := call{}
	var optional []*v3.Parameter
	texts, values := map[string]string{}, map[string]any{}
	for _, p := range o.parameters {
		if p.Example == nil {
			c.t.Errorf("%s: the parameter %s has no example", o, p.Name)
			continue
		}
		var value any
		if err := p.Example.Decode(&value); err != nil {
			c.t.Fatal(err)
		}
		texts[p.Name] = plainText(value)
		if p.Required != nil && *p.Required {
			needed = needed.plus(p, texts[p.Name])
			continue
		}
		if optional = append(optional, p); p.In == "query" {
			values[p.Name] = value
		}
	}
	calls := []call{needed}
	whole := needed
	for _, p := range optional {
		if p.In == "query" {
			whole = whole.plus(p, texts[p.Name])
		}
		calls = append(calls, needed.plus(p, texts[p.Name]))
	}
	calls = append(calls, whole)
	if o.body == nil {
		return calls
	}
	media, _ := o.media()
	bodies := c.bodies(o)
	if len(bodies) == 0 { // a work route, which takes its parameters there
		with := needed
		with.media, with.body = media, flat(values)
		return append(calls, with)
	}
	var all []call
	for _, body := range bodies {
		for _, with := range calls {
			with.media, with.body = media, body
			all = append(all, with)
		}
	}
	return all
}

// bodies returns the examples of the request body as JSON.
func (c *contract) bodies(o operation) (texts []string) {
	for _, media := range o.body.Content.FromOldest() {
		var values []any
		if media.Example != nil {
			values = append(values, c.decoded(media.Example))
		}
		for _, example := range media.Examples.FromOldest() {
			values = append(values, c.decoded(example.Value))
		}
		for _, value := range values {
			text, err := json.Marshal(value)
			if err != nil {
				c.t.Fatal(err)
			}
			texts = append(texts, string(text))
		}
	}
	return texts
}

func (c *contract) decoded(node interface{ Decode(any) error }) (value any) {
	c.t.Helper()
	if err := node.Decode(&value); err != nil {
		c.t.Fatal(err)
	}
	return value
}

// The examples of replies are no requests: they are compared with their schemas.
func TestExamplesOfRepliesFollowTheirSchemas(t *testing.T) {
	c := newContract(t)
	var checked []string
	for name, response := range c.model.Components.Responses.FromOldest() {
		for _, media := range response.Content.FromOldest() {
			if media.Example == nil {
				continue
			}
			if valid, problems := schema_validation.NewSchemaValidator().ValidateSchemaObject(media.Schema.Schema(), c.decoded(media.Example)); !valid {
				t.Errorf("%s: %v", name, describe(problems))
			}
			checked = append(checked, name)
		}
	}
	for _, name := range []string{"Item", "Page", "Problem"} {
		if !slices.Contains(checked, name) {
			t.Errorf("%s has no example", name)
		}
	}
}
