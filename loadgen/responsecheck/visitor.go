package responsecheck

import (
	"encoding/json"
	"errors"
	"fmt"

	"github.com/expr-lang/expr/ast"
	"github.com/theory/jsonpath"
)

// A visitor sees what an expression uses.
type visitor struct {
	paths        map[string]*jsonpath.Path
	status, body bool
	err          error
}

// Visit is called with every node of an expression.
func (v *visitor) Visit(node *ast.Node) {
	switch n := (*node).(type) {
	case *ast.IdentifierNode:
		v.status = v.status || n.Value == "status"
		v.body = v.body || n.Value == "body"
	case *ast.SequenceNode: // of which only the last value would count
		v.err = errors.New("a check is one expression; join them with and, or give each as a check of its own")
	case *ast.CallNode:
		if callee, ok := n.Callee.(*ast.IdentifierNode); ok && callee.Value == "json" {
			v.body = true
			v.path(n.Arguments)
		}
	}
}

// path reads the argument of json. It is a constant, so that a wrong one is an error before the run.
func (v *visitor) path(arguments []ast.Node) {
	if len(arguments) != 1 {
		return // which the compiler says
	}
	text, ok := arguments[0].(*ast.StringNode)
	if !ok {
		v.err = errors.New("the path of json must be a string, such as json(\"$.id\")")
		return
	}
	path, err := jsonpath.Parse(text.Value)
	if err != nil {
		v.err = err
		return
	}
	v.paths[text.Value] = path
}

// A document is a body that is read as JSON once, when it is first asked for.
type document struct {
	read  bool
	value any
	err   error
}

func (d *document) find(body []byte, path *jsonpath.Path) (any, error) {
	if !d.read {
		d.read = true
		if err := json.Unmarshal(body, &d.value); err != nil {
			d.err = fmt.Errorf("the body is no JSON: %w", err)
		}
	}
	if d.err != nil {
		return nil, d.err
	}
	nodes := path.Select(d.value)
	if path.Query().Singular() == nil {
		return []any(nodes), nil
	}
	if len(nodes) == 0 {
		return nil, nil
	}
	return nodes[0], nil
}
