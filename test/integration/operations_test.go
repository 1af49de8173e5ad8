package integration

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/pb33f/libopenapi/datamodel/high/base"
	v3 "github.com/pb33f/libopenapi/datamodel/high/v3"
)

// operation is one method of one path of the document.
type operation struct {
	path, method string
	parameters   []*v3.Parameter
	body         *v3.RequestBody // nil if it takes none
	statuses     []string        // that the document names, apart from "default"
}

// operations returns all operations in the order of the document.
func (c *contract) operations() []operation {
	var all []operation
	for path, item := range c.model.Paths.PathItems.FromOldest() {
		for method, op := range item.GetOperations().FromOldest() {
			one := operation{path: path, method: strings.ToUpper(method), body: op.RequestBody}
			one.parameters = append(slices.Clone(item.Parameters), op.Parameters...)
			for status := range op.Responses.Codes.KeysFromOldest() {
				one.statuses = append(one.statuses, status)
			}
			all = append(all, one)
		}
	}
	return all
}

func (o operation) String() string { return o.method + " " + o.path }

// media returns the one media type of the body with its schema.
func (o operation) media() (name string, schema *base.Schema) {
	for name, media := range o.body.Content.FromOldest() {
		return name, media.Schema.Schema()
	}
	return "", nil
}

// call is what a request of an operation consists of.
type call struct {
	path, query, header map[string]string
	media, body         string
}

// requestOf builds the HTTP request of a call.
func (c *contract) requestOf(o operation, with call) *http.Request {
	c.t.Helper()
	target := o.path
	for name, value := range with.path {
		target = strings.ReplaceAll(target, "{"+name+"}", url.PathEscape(value))
	}
	query := url.Values{}
	for name, value := range with.query {
		query.Set(name, value)
	}
	if len(query) > 0 {
		target += "?" + query.Encode()
	}
	request := c.request(o.method, target, with.body)
	if with.media != "" {
		request.Header.Set("Content-Type", with.media)
	}
	for name, value := range with.header {
		request.Header.Set(name, value)
	}
	return request
}

// plus returns the call with one more parameter.
func (with call) plus(p *v3.Parameter, value string) call {
	place := map[string]*map[string]string{"path": &with.path, "query": &with.query, "header": &with.header}[p.In]
	if *place = maps.Clone(*place); *place == nil {
		*place = map[string]string{}
	}
	(*place)[p.Name] = value
	return with
}

// plainText writes a value as a parameter has it.
func plainText(value any) string {
	switch v := value.(type) {
	case float64:
		return strconv.FormatFloat(v, 'f', -1, 64)
	case string:
		return v
	}
	return fmt.Sprint(value)
}

// flat writes parameters as the one flat object that work routes take for a body.
func flat(values map[string]any) string {
	text, err := json.Marshal(values)
	if err != nil {
		panic(err) // numbers, strings and booleans can be encoded
	}
	return string(text)
}
