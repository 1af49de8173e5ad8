package definition

import (
	"cmp"
	"errors"
	"fmt"
	"slices"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"
)

// Parse reads a definition. Its error is a *FileError; file is how it names the
// file. Nothing is sent: a check over a value that a run could not give is an
// error here.
func Parse(file string, data []byte) (*Definition, error) {
	fail := func(line, column int, what string) (*Definition, error) {
		return nil, &FileError{File: file, Problems: []Problem{{line, column, what}}}
	}
	if len(data) > MaxFile {
		return fail(1, 1, fmt.Sprintf("the file has %d bytes, more than %d", len(data), MaxFile))
	}
	var d Definition
	tree, err := decode(data, &d)
	if err != nil {
		line, column, what := yamlProblem(err)
		return fail(line, column, what)
	}
	v := validator{d: &d, tree: tree}
	v.definition()
	if len(v.problems) > 0 {
		slices.SortStableFunc(v.problems, func(a, b Problem) int { return cmp.Or(a.Line-b.Line, a.Column-b.Column) })
		return nil, &FileError{File: file, Problems: v.problems}
	}
	return &d, nil
}

var errMalformed = errors.New("not well-formed YAML")

// decode reads YAML. The library (v1.19.2) panics on some malformed files, which
// is the file's fault and no reason to end the process.
func decode(data []byte, d *Definition) (tree *ast.File, err error) {
	defer func() {
		if recover() != nil {
			err = errMalformed
		}
	}()
	if tree, err = parser.ParseBytes(data, 0); err != nil {
		return nil, err
	}
	if len(tree.Docs) != 1 || tree.Docs[0].Body == nil {
		return nil, errors.New("the file must hold one document")
	}
	return tree, yaml.UnmarshalWithOptions(data, d, yaml.Strict())
}

func yamlProblem(err error) (line, column int, what string) {
	var located yaml.Error
	if errors.As(err, &located) && located.GetToken() != nil {
		at := located.GetToken().Position
		return at.Line, at.Column, located.GetMessage()
	}
	return 1, 1, err.Error()
}
