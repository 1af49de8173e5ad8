package definition

import (
	"fmt"
	"strings"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
)

// Problem is one thing in a file that cannot be used.
type Problem struct {
	Line, Column int // from 1
	What         string
}

// FileError lists every problem of a file.
type FileError struct {
	File     string
	Problems []Problem
}

// Error has one line a problem, as compilers write them.
func (e *FileError) Error() string {
	lines := make([]string, 0, len(e.Problems))
	for _, p := range e.Problems {
		lines = append(lines, fmt.Sprintf("%s:%d:%d: %s", e.File, p.Line, p.Column, p.What))
	}
	return strings.Join(lines, "\n")
}

// position is where path is in the file, or the nearest element that holds it.
func position(tree *ast.File, path string) (line, column int, scalar bool) {
	for ; path != "$" && path != ""; path = path[:strings.LastIndexAny(path, ".[")] {
		p, err := yaml.PathString(path)
		if err != nil {
			continue
		}
		node, err := p.FilterFile(tree)
		if err != nil || node == nil || node.GetToken() == nil {
			continue
		}
		at := node.GetToken().Position
		_, plain := node.(*ast.StringNode)
		return at.Line, at.Column, plain
	}
	return 1, 1, false
}

// validator collects the problems of a definition.
type validator struct {
	d        *Definition
	tree     *ast.File
	problems []Problem
}

func (v *validator) bad(path, format string, args ...any) {
	line, column, _ := position(v.tree, path)
	v.problems = append(v.problems, Problem{line, column, fmt.Sprintf(format, args...)})
}
