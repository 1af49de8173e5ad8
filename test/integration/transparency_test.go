package integration

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"

	"loadlab/internal/web/semantics"
)

// probe is one way of asking for a path.
type probe struct{ name, query, body, media, tag string }

// TestTheGatewayAnswersAsTheService asks for each path of the document with each
// method, of the service and through the gateway. Status and headers must be the
// same, but for those that say how one request was served.
func TestTheGatewayAnswersAsTheService(t *testing.T) {
	c := newContract(t)
	paths := slices.Collect(c.model.Paths.PathItems.KeysFromOldest())
	for _, path := range append(paths, "/io/nowhere", "/items/0", "/items/1/more") {
		service := c.serviceOf(path)
		if service == "" {
			continue // the gateway answers it without a service
		}
		work := "?" + small(path).Encode()
		for _, p := range []probe{
			{"as documented", work, "", "", ""},
			{"an unknown parameter", "?nonsense=1", "", "", ""},
			{"the fields of an item", "", `{"name":"bolt","quantity":1}`, "application/json", ""},
			{"a media type of no route", "", "x", "text/plain", ""},
			{"a false precondition", work, "", "", `"of no version"`},
		} {
			for _, method := range append(semantics.Methods(), "BREW") {
				direct, through := c.ask(c.services[service], method, path, p), c.ask(c.origin, method, path, p)
				if direct.StatusCode != through.StatusCode {
					t.Errorf("%s %s, %s: %s of the service, %s through the gateway", method, path, p.name, direct.Status, through.Status)
				}
				for _, difference := range differences(direct.Header, through.Header) {
					t.Errorf("%s %s, %s: %s", method, path, p.name, difference)
				}
			}
		}
	}
}

// ask sends one request; an {id} is that of a new item.
func (c *contract) ask(base, method, path string, p probe) *http.Response {
	c.t.Helper()
	target := strings.NewReplacer("{name}", "slow", "{id}", c.newItem()).Replace(path)
	request, err := http.NewRequestWithContext(c.t.Context(), method, base+target+p.query, strings.NewReader(p.body))
	if err != nil {
		c.t.Fatal(err)
	}
	if p.media != "" {
		request.Header.Set("Content-Type", p.media)
	}
	if p.tag != "" {
		request.Header.Set("If-Match", p.tag)
	}
	request.Header.Set("X-Request-Id", "transparency")
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		c.t.Fatal(err)
	}
	_, err = io.Copy(io.Discard, response.Body)
	if err = errors.Join(err, response.Body.Close()); err != nil {
		c.t.Fatal(err)
	}
	return response
}

// newItem creates an item and returns its id.
func (c *contract) newItem() string {
	c.t.Helper()
	header, _ := c.try(http.StatusCreated, http.MethodPost, "/items", `{"name":"bolt","quantity":1}`)
	return strings.TrimPrefix(header.Get("Location"), "/items/")
}

// serviceOf returns the service that answers the requests for a path of the document.
func (c *contract) serviceOf(path string) string {
	group, _, _ := strings.Cut(strings.TrimPrefix(path, "/"), "/")
	return map[string]string{"io": "iobound", "cpu": "cpubound", "mixed": "mixed", "items": "items"}[group]
}

// ofOneRequest are the headers whose value is another one each time.
var ofOneRequest = []string{"Date", "Last-Modified", "Location", "Server-Timing", "Traceresponse"}

// differences compares two headers; of those of one request only that they are
// there. The gateway reads a reply before it passes it on, so it may know a
// length that the service does not tell.
func differences(direct, through http.Header) (lines []string) {
	direct.Del("Content-Length")
	through.Del("Content-Length")
	for name := range direct {
		if through[name] == nil {
			lines = append(lines, "the gateway drops "+name)
		}
	}
	for name := range through {
		switch {
		case direct[name] == nil:
			lines = append(lines, "the gateway adds "+name)
		case !slices.Equal(direct[name], through[name]) && !slices.Contains(ofOneRequest, name):
			lines = append(lines, fmt.Sprintf("%s is %q of the service, %q through the gateway", name, direct[name], through[name]))
		}
	}
	return lines
}
