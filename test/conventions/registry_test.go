package conventions

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os/exec"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	semconv "go.opentelemetry.io/otel/semconv/v1.43.0"
)

// A registry is what the semantic conventions define.
type registry struct {
	attributes map[string]definition
	metrics    map[string]metric
}

// A definition is one attribute.
type definition struct {
	kind   string   // string, int, boolean, double, Enum, ...
	values []string // of an Enum
}

// A metric is one instrument with its attributes.
type metric struct {
	unit, instrument   string // Float64Histogram, Int64UpDownCounter, ...
	required, optional []string
}

// read parses the package of the version that the programs import.
func read(t *testing.T) registry {
	t.Helper()
	importPath := "go.opentelemetry.io/otel/semconv/v" + path.Base(semconv.SchemaURL)
	out, err := exec.CommandContext(t.Context(), "go", "list", "-f", "{{.Dir}}", importPath).Output()
	if err != nil {
		t.Fatalf("find the source of %s: %v", importPath, err)
	}
	folder := strings.TrimSpace(string(out))
	r := registry{attributes: map[string]definition{}, metrics: map[string]metric{}}
	r.readAttributes(t, filepath.Join(folder, "attribute_group.go"))
	files, err := filepath.Glob(filepath.Join(folder, "*conv", "metric.go"))
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		r.readMetrics(t, file)
	}
	if len(r.attributes) < 500 || len(r.metrics) < 200 {
		t.Fatalf("%d attributes and %d metrics were found in %s: its form has changed", len(r.attributes), len(r.metrics), folder)
	}
	return r
}

var kindLine = regexp.MustCompile(`(?m)^Type: (\S+)$`)

// readAttributes finds declarations such as ServerPortKey = attribute.Key("server.port"),
// whose comment has the type, and the values of enumerations, such as
// HTTPRequestMethodGet = HTTPRequestMethodKey.String("GET").
func (r registry) readAttributes(t *testing.T, file string) {
	t.Helper()
	keys := map[string]string{} // by the name of the variable
	eachSpec(parse(t, file), func(name string, doc *ast.CommentGroup, call *ast.CallExpr) {
		text, function := literal(call)
		if selected, ok := function.(*ast.SelectorExpr); ok && selected.Sel.Name == "Key" {
			kind := kindLine.FindStringSubmatch(doc.Text())
			if kind == nil {
				t.Fatalf("%s has no type", text)
			}
			keys[name] = text
			r.attributes[text] = definition{kind: kind[1]}
		}
	})
	eachSpec(parse(t, file), func(_ string, _ *ast.CommentGroup, call *ast.CallExpr) {
		value, function := literal(call)
		if selected, ok := function.(*ast.SelectorExpr); ok {
			if of, ok := selected.X.(*ast.Ident); ok && keys[of.Name] != "" {
				d := r.attributes[keys[of.Name]]
				d.values = append(d.values, value)
				r.attributes[keys[of.Name]] = d
			}
		}
	})
}

func parse(t *testing.T, file string) *ast.File {
	t.Helper()
	parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.ParseComments)
	if err != nil {
		t.Fatal(err)
	}
	return parsed
}

// eachSpec visits name = call(...) of all declarations.
func eachSpec(file *ast.File, visit func(name string, doc *ast.CommentGroup, call *ast.CallExpr)) {
	for _, declared := range file.Decls {
		general, ok := declared.(*ast.GenDecl)
		if !ok {
			continue
		}
		for _, spec := range general.Specs {
			value, ok := spec.(*ast.ValueSpec)
			if !ok || len(value.Values) != 1 {
				continue
			}
			if call, ok := value.Values[0].(*ast.CallExpr); ok {
				visit(value.Names[0].Name, value.Doc, call)
			}
		}
	}
}

// literal returns the first argument of a call if it is a string, and what is called.
func literal(call *ast.CallExpr) (text string, function ast.Expr) {
	if len(call.Args) > 0 {
		if basic, ok := call.Args[0].(*ast.BasicLit); ok && basic.Kind == token.STRING {
			text, _ = strconv.Unquote(basic.Value)
		}
	}
	return text, call.Fun
}

// readMetrics finds the types of instruments: their methods Name and Unit, what
// their constructor makes, and the attributes that Add or Record demand.
func (r registry) readMetrics(t *testing.T, file string) {
	t.Helper()
	found := map[string]*metric{} // by type
	names := map[string]string{}
	of := func(kind string) *metric {
		if found[kind] == nil {
			found[kind] = &metric{}
		}
		return found[kind]
	}
	for _, declared := range parse(t, file).Decls {
		function, ok := declared.(*ast.FuncDecl)
		if !ok {
			continue
		}
		kind := strings.TrimPrefix(function.Name.Name, "New")
		if function.Recv != nil {
			kind = function.Recv.List[0].Type.(*ast.Ident).Name
		}
		ast.Inspect(function.Body, func(node ast.Node) bool {
			switch n := node.(type) {
			case *ast.ReturnStmt:
				text := returned(n)
				if function.Name.Name == "Name" {
					names[kind] = text
				}
				if function.Name.Name == "Unit" {
					of(kind).unit = text
				}
			case *ast.CallExpr:
				text, called := literal(n)
				selected, ok := called.(*ast.SelectorExpr)
				if !ok || text == "" {
					return true
				}
				switch pkg, _ := selected.X.(*ast.Ident); {
				case function.Recv == nil && pkg != nil && pkg.Name == "m":
					of(kind).instrument = selected.Sel.Name
				case pkg == nil || pkg.Name != "attribute" || function.Recv == nil:
				case strings.HasPrefix(function.Name.Name, "Attr"):
					of(kind).optional = append(of(kind).optional, text)
				case !slices.Contains(of(kind).required, text):
					of(kind).required = append(of(kind).required, text)
				}
			}
			return true
		})
	}
	for kind, name := range names {
		if !strings.HasSuffix(kind, "Observable") {
			r.metrics[name] = *of(kind)
		}
	}
}

func returned(statement *ast.ReturnStmt) string {
	if len(statement.Results) == 1 {
		if basic, ok := statement.Results[0].(*ast.BasicLit); ok && basic.Kind == token.STRING {
			text, _ := strconv.Unquote(basic.Value)
			return text
		}
	}
	return ""
}
