// Package responsecheck judges responses by expressions.
package responsecheck

import (
	"errors"
	"fmt"
	"net/http"
	"strings"

	"github.com/expr-lang/expr"
	"github.com/expr-lang/expr/vm"
	"github.com/theory/jsonpath"
)

// Limits of checks.
const (
	MaxText  = 2000    // bytes of an expression
	MaxBody  = 1 << 20 // bytes of a body that expressions see; one that is longer fails a check of it
	maxNodes = 500     // of an expression, so that its compilation ends
)

// A Check is an expression that holds for a response or does not. Many goroutines may use it.
type Check struct {
	text     string
	program  *vm.Program
	paths    map[string]*jsonpath.Path
	ofStatus bool
	ofBody   bool
}

// Parse reads an expression over status, size, body, header(name) and json(path), such as
//
//	status == 200 and header("Content-Type") startsWith "text/"
//
// json returns what an RFC 9535 path selects: of a path to one value the value, nil if there is none; of others a list.
func Parse(text string) (*Check, error) {
	text = strings.TrimSpace(text)
	switch {
	case text == "":
		return nil, errors.New("a check is empty")
	case len(text) > MaxText:
		return nil, fmt.Errorf("a check has %d bytes, more than %d", len(text), MaxText)
	}
	v := &visitor{paths: map[string]*jsonpath.Path{}}
	program, err := expr.Compile(text, expr.Env(scope(&Response{}, nil)), expr.AsBool(), expr.MaxNodes(maxNodes), expr.Patch(v))
	if err == nil {
		err = v.err
	}
	if err != nil {
		return nil, fmt.Errorf("check %q: %w", text, err)
	}
	return &Check{text: text, program: program, paths: v.paths, ofStatus: v.status, ofBody: v.body}, nil
}

// String is the text of the expression.
func (c *Check) String() string { return c.text }

// OfStatus reports whether the check judges the status, which then is no error for being 400 or more.
func (c *Check) OfStatus() bool { return c.ofStatus }

// OfBody reports whether the check needs the body.
func (c *Check) OfBody() bool { return c.ofBody }

// Response is a whole response as checks see it. Only one goroutine may use it.
type Response struct {
	Status int
	Header http.Header
	Body   []byte // as it was sent, whatever its encoding; at most MaxBody
	Size   int64  // of the body, in bytes

	document document
}

// Evaluate returns nil if the check holds for r, else why it does not.
func (c *Check) Evaluate(r *Response) error {
	if c.ofBody && r.Size > int64(len(r.Body)) {
		return &failure{r.Status, fmt.Sprintf("the body has %d bytes, of which checks see %d", r.Size, MaxBody), ""}
	}
	held, err := expr.Run(c.program, scope(r, c.paths))
	if err != nil {
		line, _, _ := strings.Cut(err.Error(), "\n") // more lines point to a place in the expression
		return &failure{r.Status, line, start(r.Body)}
	}
	if held != true {
		return &failure{r.Status, "", start(r.Body)}
	}
	return nil
}

// scope is what the names of an expression mean.
func scope(r *Response, paths map[string]*jsonpath.Path) map[string]any {
	return map[string]any{
		"status": r.Status,
		"size":   int(r.Size),
		"body":   string(r.Body),
		"header": func(name string) string { return r.Header.Get(name) },
		"json":   func(path string) (any, error) { return r.document.find(r.Body, paths[path]) },
	}
}

// A failure is one response for which a check does not hold.
type failure struct {
	status int
	detail string
	body   string // its start
}

func (f *failure) Error() string {
	text := fmt.Sprintf("status %d", f.status)
	if f.detail != "" {
		text += ": " + f.detail
	}
	if f.body != "" {
		text += fmt.Sprintf(", body %q", f.body)
	}
	return text
}

// start is the part of a body that an example shows.
func start(body []byte) string {
	const most = 100
	if len(body) > most {
		return strings.ToValidUTF8(string(body[:most]), "") + "..."
	}
	return string(body)
}
