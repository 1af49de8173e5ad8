package loadlab_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"go/ast"
	"go/importer"
	"go/parser"
	"go/token"
	"go/types"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
)

// checked is a package of the product with its type information.
type checked struct {
	goPackage
	files *token.FileSet
	types *types.Package
	uses  map[*ast.Ident]types.Object
}

// product returns the packages that programs are made of, with their types.
func product(t *testing.T) []checked {
	t.Helper()
	all, err := typeChecked()
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// typeChecked checks them once for all tests. What they import is read from the
// compiler's export data.
var typeChecked = sync.OnceValues(func() ([]checked, error) {
	command := exec.Command("go", "list", "-export", "-deps", "-json=ImportPath,Dir,Export,GoFiles", "./cmd/...")
	command.Stderr = os.Stderr
	out, err := command.Output()
	if err != nil {
		return nil, err
	}
	exports := map[string]string{}
	var ours []goPackage
	for decoder := json.NewDecoder(bytes.NewReader(out)); ; {
		var p struct {
			goPackage
			Export string
		}
		if err := decoder.Decode(&p); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			return nil, err
		}
		exports[p.ImportPath] = p.Export
		if p.ImportPath == module || strings.HasPrefix(p.ImportPath, module+"/") {
			ours = append(ours, p.goPackage)
		}
	}
	files := token.NewFileSet()
	imports := importer.ForCompiler(files, "gc", func(path string) (io.ReadCloser, error) { return os.Open(exports[path]) })
	var all []checked
	for _, p := range ours {
		one, err := check(p, files, imports)
		if err != nil {
			return nil, err
		}
		all = append(all, one)
	}
	return all, nil
})

func check(p goPackage, files *token.FileSet, imports types.Importer) (checked, error) {
	var parsed []*ast.File
	for _, name := range p.GoFiles {
		file, err := parser.ParseFile(files, filepath.Join(p.Dir, name), nil, parser.SkipObjectResolution)
		if err != nil {
			return checked{}, err
		}
		parsed = append(parsed, file)
	}
	info := types.Info{Uses: map[*ast.Ident]types.Object{}}
	config := types.Config{Importer: imports}
	typed, err := config.Check(p.ImportPath, files, parsed, &info)
	return checked{goPackage: p, files: files, types: typed, uses: info.Uses}, err
}

func TestPackagesExportFewNames(t *testing.T) {
	const limit = 40
	for _, p := range product(t) {
		exported := slices.DeleteFunc(p.types.Scope().Names(), func(name string) bool { return !token.IsExported(name) })
		if len(exported) > limit {
			t.Errorf("%s exports %d names, more than %d", p.folder(), len(exported), limit)
		}
	}
}

// TestFilesCallOneWay checks that the files of a package have an order in which
// each calls functions and methods of those before it only: a reader who follows them
// in that order meets nothing unknown.
func TestFilesCallOneWay(t *testing.T) {
	for _, p := range product(t) {
		if circle := inCircle(p.calls()); len(circle) > 0 {
			t.Errorf("files of %s call each other in a circle: %v", p.folder(), circle)
		}
	}
}

// calls are the other files of the package of which each file uses functions or methods.
func (p checked) calls() map[string][]string {
	file := func(at token.Pos) string { return filepath.Base(p.files.Position(at).Filename) }
	calls := map[string][]string{}
	for name, object := range p.uses {
		called, isFunction := object.(*types.Func)
		if !isFunction || called.Pkg() != p.types {
			continue
		}
		from, to := file(name.Pos()), file(called.Origin().Pos())
		if from != to && !slices.Contains(calls[from], to) {
			calls[from] = append(calls[from], to)
		}
	}
	return calls
}

// inCircle are the files that remain when those that call none of the
// remaining, and those that none of the remaining calls, have been taken away.
func inCircle(calls map[string][]string) []string {
	remaining := map[string]bool{}
	for from, all := range calls {
		remaining[from] = true
		for _, to := range all {
			remaining[to] = true
		}
	}
	for {
		called := map[string]bool{}
		calling := map[string]bool{}
		for from := range remaining {
			for _, to := range calls[from] {
				if remaining[to] {
					calling[from], called[to] = true, true
				}
			}
		}
		before := len(remaining)
		for name := range remaining {
			if !calling[name] || !called[name] {
				delete(remaining, name)
			}
		}
		if len(remaining) == before {
			break
		}
	}
	var names []string
	for name := range remaining {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

func TestCirclesAreFound(t *testing.T) {
	for _, row := range []struct {
		name  string
		calls map[string][]string
		want  []string
	}{
		{"nothing calls", nil, nil},
		{"a chain", map[string][]string{"a": {"b", "c"}, "b": {"c"}}, nil},
		{"two of each other", map[string][]string{"a": {"b"}, "b": {"a"}}, []string{"a", "b"}},
		{"a long circle with a way in and a way out", map[string][]string{"in": {"a"}, "a": {"b"}, "b": {"c"}, "c": {"a", "out"}}, []string{"a", "b", "c"}},
	} {
		t.Run(row.name, func(t *testing.T) {
			if got := inCircle(row.calls); !slices.Equal(got, row.want) {
				t.Errorf("got %v, want %v", got, row.want)
			}
		})
	}
}
