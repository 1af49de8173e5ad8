// Package check finds every fault of a scenario file.
package check

import (
	"errors"
	"reflect"

	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"

	"loadlab/loadgen/plan"
	"loadlab/loadgen/target"
)

// Read checks a file: its YAML, its keys and values, and each target. flags are those that defaults may have; read returns
// bodies in files. What depends on several values together is left to plan.Plan.Check.
func Read(data []byte, flags []string, read target.ReadFile) *File {
	f := &File{Defaults: map[string]string{}, lines: map[string]position{}, phases: map[string]position{}, hosts: map[string]position{}}
	if len(data) > plan.MaxScenario {
		f.add(nil, "the file has %d bytes, more than %d", len(data), plan.MaxScenario)
		return f
	}
	root, err := parse(data)
	if err != nil {
		f.unreadable(err)
		return f
	}
	w := walker{file: f, flags: flags, read: read, anchors: map[string]ast.Node{}}
	w.value(root, field{of: reflect.TypeFor[plan.Scenario]()}, "scenario")
	if _, err := plan.ParseScenario(data); err != nil && len(f.Faults) == 0 {
		f.unreadable(err) // the reader of a run has the last word
	}
	f.sort()
	return f
}

// parse reads the first document. The library (v1.19.2) panics on some texts that are no YAML.
func parse(data []byte) (root ast.Node, err error) {
	defer func() {
		if recover() != nil {
			err = errors.New("not well-formed YAML")
		}
	}()
	parsed, err := parser.ParseBytes(data, 0)
	if err != nil {
		return nil, err
	}
	if len(parsed.Docs) == 0 || parsed.Docs[0].Body == nil {
		return nil, errors.New("the file is empty; it needs a name and phases")
	}
	return parsed.Docs[0].Body, nil
}
