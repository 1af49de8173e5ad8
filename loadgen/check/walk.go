package check

import (
	"fmt"
	"reflect"
	"slices"
	"strings"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/token"

	"loadlab/internal/decimal"
	"loadlab/loadgen/pace"
	"loadlab/loadgen/plan"
	"loadlab/loadgen/target"
)

// walker compares nodes with the types that they are read into.
type walker struct {
	file    *File
	flags   []string
	read    target.ReadFile
	anchors map[string]ast.Node
	depth   int
}

// deepest bounds nodes within nodes, aliases included: a scenario has four levels.
const deepest = 50

// value checks a node that is read into a type; path names it.
func (w *walker) value(node ast.Node, f field, path string) {
	if w.depth++; w.depth > deepest {
		w.file.add(node.GetToken(), "%s is nested too deeply", path)
	} else if node = w.resolve(node); node != nil && !readsItself(f.of) {
		w.known(node, f, path)
	}
	w.depth--
}

// resolve follows anchors, aliases and tags. It returns nil for what means no value.
func (w *walker) resolve(node ast.Node) ast.Node {
	for range deepest {
		switch n := node.(type) {
		case *ast.AnchorNode:
			w.anchors[n.Name.String()] = n.Value
			node = n.Value
		case *ast.AliasNode:
			node = w.anchors[n.Value.String()]
		case *ast.TagNode:
			node = n.Value
		case *ast.NullNode, *ast.CommentNode, *ast.CommentGroupNode, nil:
			return nil
		default:
			return node
		}
	}
	return nil
}

func (w *walker) known(node ast.Node, f field, path string) {
	switch f.of.Kind() {
	case reflect.Struct:
		w.structure(node, f.of, path)
	case reflect.Slice:
		list, ok := node.(*ast.SequenceNode)
		if !ok {
			w.file.add(node.GetToken(), "%s must be a list", path)
			return
		}
		for i, item := range list.Values {
			if path == "phases" {
				w.file.phases[phaseName(item, i)] = place(start(item))
			}
			w.value(item, field{of: plain(f.of.Elem())}, fmt.Sprintf("%s[%d]", path, i))
		}
	case reflect.Map:
		for _, pair := range w.pairs(node, path) {
			w.entry(pair, field{of: plain(f.of.Elem())}, path)
		}
	default:
		w.scalar(node, f, path)
	}
}

// start is the first token of a node; that of a block of keys is the first colon.
func start(node ast.Node) *token.Token {
	if block, ok := node.(*ast.MappingNode); ok && !block.IsFlowStyle && len(block.Values) > 0 {
		return block.Values[0].Key.GetToken()
	}
	return node.GetToken()
}

// phaseName is what a plan calls the phase of that number.
func phaseName(node ast.Node, number int) string {
	if phase, ok := node.(*ast.MappingNode); ok {
		for _, v := range phase.Values {
			if name := v.Value.GetToken().Value; v.Key.GetToken().Value == "name" && name != "" {
				return name
			}
		}
	}
	return fmt.Sprint("phase ", number+1)
}

// pair is a key with its value.
type pair struct {
	key   string
	at    ast.Node
	value ast.Node
}

// pairs are those of a mapping, with those that it merges.
func (w *walker) pairs(node ast.Node, path string) []pair {
	var values []*ast.MappingValueNode
	switch n := node.(type) {
	case *ast.MappingNode:
		values = n.Values
	case *ast.MappingValueNode:
		values = []*ast.MappingValueNode{n}
	default:
		w.file.add(node.GetToken(), "%s must be a mapping of keys to values", path)
	}
	var all []pair
	for _, v := range values {
		if _, merges := v.Key.(*ast.MergeKeyNode); merges {
			if merged := w.resolve(v.Value); merged != nil && w.depth < deepest {
				w.depth++
				all = append(all, w.pairs(merged, path)...)
				w.depth--
			}
			continue
		}
		key := v.Key.GetToken().Value
		all = append(all, pair{key, v.Key, v.Value})
	}
	return all
}

func (w *walker) structure(node ast.Node, t reflect.Type, path string) {
	fields := fieldsOf(t)
	given := map[string]bool{}
	before := len(w.file.Faults)
	for _, p := range w.pairs(node, path) {
		given[p.key] = true
		at := slices.IndexFunc(fields, func(f field) bool { return f.name == p.key })
		if at < 0 {
			w.file.add(p.at.GetToken(), "unknown key %q; allowed: %s", p.key, strings.Join(names(fields), ", "))
			continue
		}
		w.value(p.value, fields[at], strings.TrimPrefix(path+"."+p.key, "scenario."))
	}
	for _, name := range required(fields) {
		if !given[name] {
			w.file.add(start(node), "%s: %s is missing", path, name)
		}
	}
	if t == reflect.TypeFor[plan.ScenarioTarget]() && len(w.file.Faults) == before {
		w.target(node, path)
	}
}

// target checks what the types do not say of a target whose keys are right.
func (w *walker) target(node ast.Node, path string) {
	var described plan.ScenarioTarget
	if err := yaml.NodeToValue(node, &described); err != nil {
		return // aliases, which need the whole file; ParseScenario reads them
	}
	complete, err := described.Complete(w.read)
	if host := complete.Hostname(); err == nil && w.file.hosts[host].line == 0 {
		w.file.hosts[host] = place(start(node))
	}
	if err != nil {
		for reason := range strings.SplitSeq(err.Error(), "\n") {
			w.file.add(start(node), "%s: %s", path, reason)
		}
	}
}

// entry checks one entry of a map.
func (w *walker) entry(p pair, f field, path string) {
	if path == "defaults" {
		if !slices.Contains(w.flags, p.key) {
			w.file.add(p.at.GetToken(), "defaults: %q is no variable of the load generator; allowed: %s", p.key, strings.Join(w.flags, ", "))
			return
		}
		w.file.lines[p.key] = place(p.at.GetToken())
		if v := w.resolve(p.value); v != nil {
			w.file.Defaults[p.key] = v.GetToken().Value
		}
	}
	w.value(p.value, f, path+"."+p.key)
}

// scalar checks a single value.
func (w *walker) scalar(node ast.Node, f field, path string) {
	switch node.(type) {
	case *ast.MappingNode, *ast.MappingValueNode, *ast.SequenceNode:
		w.file.add(node.GetToken(), "%s must be a single value", path)
		return
	}
	text := node.GetToken().Value
	var reason string
	switch f.of.Kind() {
	case reflect.String:
		reason = notation(f, text)
	case reflect.Bool:
		if _, ok := node.(*ast.BoolNode); !ok {
			reason = "is neither true nor false"
		}
	case reflect.Float64, reflect.Int:
		reason = number(node, f)
	}
	if reason != "" {
		w.file.add(node.GetToken(), "%s: %q %s", path, text, reason)
	}
}

// notation says why a text is none of what the field takes.
func notation(f field, text string) string {
	switch format := f.tag.Get("format"); {
	case text == "" && !f.strict:
		return ""
	case f.oneOf() != nil && !slices.Contains(f.oneOf(), text):
		return "is not one of " + strings.Join(f.oneOf(), ", ")
	case format == "duration":
		if _, err := decimal.Duration(text); err != nil {
			return "is not a duration such as 10s"
		}
	case format == "url" && !strings.HasPrefix(text, "http://") && !strings.HasPrefix(text, "https://"):
		return "is not http://host/path or https://host/path"
	case format == "stages":
		if _, err := pace.ParseStages(text); err != nil {
			return "cannot be used: " + strings.ReplaceAll(err.Error(), "\n", "; ")
		}
	}
	return ""
}

// number says why a node is none within the field's bounds.
func number(node ast.Node, f field) string {
	_, whole := node.(*ast.IntegerNode)
	_, broken := node.(*ast.FloatNode)
	switch {
	case !whole && !broken:
		return "is not a number"
	case broken && f.of.Kind() == reflect.Int:
		return "is not a whole number"
	}
	v, err := decimal.Scientific(node.GetToken().Value)
	if err != nil {
		return "" // another notation of YAML, which the reader of a run understands
	}
	low, errLow := decimal.Float(f.tag.Get("min"))
	high, errHigh := decimal.Float(f.tag.Get("max"))
	if errLow == nil && v < low || errHigh == nil && v > high {
		return fmt.Sprintf("is not %s to %s", f.tag.Get("min"), f.tag.Get("max"))
	}
	return ""
}
