package loadlab_test

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// guarded are the listeners with a guard.Guard: the files with their routes, and
// the variable with further names.
var guarded = []struct {
	listener, variable string
	files              []string
}{
	{"admin, of each service", "ADMIN_HOSTS", []string{"internal/web/admin.go", "internal/web/fault/admin.go"}},
	{"admin, of the load generator", "LOADGEN_ADMIN_HOSTS", []string{"loadgen/cli/admin.go", "loadgen/control/control.go"}},
	{"console", "CONSOLE_HOSTS; LAB_HOSTS without containers", []string{"console/console.go", "console/cli/serve.go"}},
	{"Prometheus's API, without containers", "LAB_HOSTS", []string{"lab/prom/api.go"}},
	{"trace store, without containers", "LAB_HOSTS", []string{"lab/tracestore/query.go", "lab/tracestore/legacy.go"}},
	{"OTLP, without containers", "LAB_HOSTS", []string{"lab/tracestore/receive.go"}},
}

// unguarded say why a route outside of the table needs no guard.
var unguarded = map[string]string{
	"experiments/runner/handler.go": "reached through the console alone",
	"lab/restart.go":                "reached through the console alone",
	"internal/web/":                 "traffic of the services",
	"services/":                     "traffic of the services",
	"runtimes/":                     "traffic of the tutorial's servers",
}

// TestAccessIsDocumented writes who may call what from the routes in the code.
func TestAccessIsDocumented(t *testing.T) {
	found := map[string][]route{}
	for _, path := range goFiles(t) {
		if strings.HasPrefix(path, "test/") || strings.HasPrefix(path, "bench/") || strings.HasPrefix(path, "internal/testkit/") {
			continue
		}
		if routes := routesOf(t, path); len(routes) > 0 {
			found[path] = routes
		}
	}
	table := "| listener | GET and HEAD | other methods | further names |\n|---|---|---|---|\n"
	for _, l := range guarded {
		var reads, others []string
		for _, path := range l.files {
			if len(found[path]) == 0 {
				t.Errorf("%s has no routes", path)
			}
			for _, r := range found[path] {
				if r.method == "GET" {
					reads = append(reads, "`"+r.path+"`")
				} else {
					others = append(others, r.String())
				}
			}
			delete(found, path)
		}
		table += fmt.Sprintf("| %s | %s | %s | `%s` |\n", l.listener, strings.Join(reads, " "), strings.Join(others, "<br>"), strings.ReplaceAll(l.variable, "; ", "`; `"))
	}
	for path := range found {
		if !isBelow(path, unguarded) {
			t.Errorf("%s has routes: name its listener above", path)
		}
	}
	compareWithBlock(t, "SECURITY.md", "access", strings.ReplaceAll(table, "`LAB_HOSTS without containers`", "`LAB_HOSTS` without containers"))
}

// isBelow reports whether a key of folders is a file, or a folder above it.
func isBelow(path string, folders map[string]string) bool {
	for known := range folders {
		if strings.HasPrefix(path, known) {
			return true
		}
	}
	return false
}

// route is one that a file adds to a router.
type route struct {
	method, path string // the path ends with an asterisk where the code computes its end
	token        bool   // whether it needs the console's token
}

func (r route) String() string {
	text := "`" + r.method + " " + r.path + "`"
	if r.token {
		text += " (token)"
	}
	return text
}

var routePattern = regexp.MustCompile(`^(GET|PUT|POST|PATCH|DELETE) (/.*)$`)

// routesOf finds calls such as mux.Handle("GET /x"+y, handler) and e.GET("/x", handler).
func routesOf(t *testing.T, path string) []route {
	t.Helper()
	var all []route
	ast.Inspect(parsed(t, path), func(n ast.Node) bool {
		call, ok := n.(*ast.CallExpr)
		if !ok || len(call.Args) < 2 {
			return true
		}
		name, ok := call.Fun.(*ast.SelectorExpr)
		if !ok {
			return true
		}
		text, computed := literal(call.Args[0])
		if computed {
			text += "*"
		}
		switch name.Sel.Name {
		case "GET", "PUT", "POST", "PATCH", "DELETE":
			text = name.Sel.Name + " " + text
		case "Handle", "HandleFunc", "handle":
		default:
			return true
		}
		if parts := routePattern.FindStringSubmatch(text); parts != nil {
			one := route{parts[1], strings.TrimSuffix(parts[2], "{$}"), mentions(call.Args[1], "tokens")}
			if !slices.Contains(all, one) {
				all = append(all, one)
			}
		}
		return true
	})
	return all
}

func parsed(t *testing.T, path string) *ast.File {
	t.Helper()
	file, err := parser.ParseFile(token.NewFileSet(), path, source(t, path), parser.SkipObjectResolution)
	if err != nil {
		t.Fatal(err)
	}
	return file
}

// literal is the text with which an expression begins, and whether more of it is computed.
func literal(e ast.Expr) (text string, computed bool) {
	switch e := e.(type) {
	case *ast.BinaryExpr:
		text, _ = literal(e.X)
		return text, true
	case *ast.BasicLit:
		if e.Kind == token.STRING {
			text, _ = strconv.Unquote(e.Value) // the parser has checked it
		}
	}
	return text, false
}

func mentions(e ast.Expr, name string) (found bool) {
	ast.Inspect(e, func(n ast.Node) bool {
		if id, ok := n.(*ast.Ident); ok && id.Name == name {
			found = true
		}
		return !found
	})
	return found
}

// TestEveryListenerIsGuarded finds servers that no guard is in front of. All are
// made by httpserver, as TestEveryListenerBoundsItsConnections checks.
func TestEveryListenerIsGuarded(t *testing.T) {
	open := map[string]string{
		"internal/app/serve.go": "wraps the admin surface where it calls newServer",
		"runtimes/":             "traffic of the tutorial's server, as in the other languages",
		"bench/":                "servers of measurements",
	}
	for _, path := range goFiles(t) {
		if isBelow(path, open) {
			continue
		}
		for _, handler := range handlersOf(t, path) {
			if !mentions(handler, "Wrap") {
				t.Errorf("%s: wrap the handler of the server with a guard.Guard", path)
			}
		}
	}
	if !strings.Contains(source(t, "internal/app/serve.go"), ".Wrap(r.service.Server.Admin(") {
		t.Error("no guard is in front of the admin surface")
	}
}

// handlersOf are the handlers in literals of httpserver.Config.
func handlersOf(t *testing.T, path string) []ast.Expr {
	t.Helper()
	var all []ast.Expr
	ast.Inspect(parsed(t, path), func(n ast.Node) bool {
		config, ok := n.(*ast.CompositeLit)
		if !ok {
			return true
		}
		kind, ok := config.Type.(*ast.SelectorExpr)
		if !ok || kind.Sel.Name != "Config" || !mentions(kind.X, "httpserver") {
			return true
		}
		for _, element := range config.Elts {
			if field, ok := element.(*ast.KeyValueExpr); ok && mentions(field.Key, "Handler") {
				all = append(all, field.Value)
			}
		}
		return true
	})
	return all
}

// TestContainersAnswerToTheirNames compares the addresses that containers and
// Prometheus use with the names to which the guards answer.
func TestContainersAnswerToTheirNames(t *testing.T) {
	var compose struct {
		Services map[string]struct {
			Environment map[string]string `yaml:"environment"`
		} `yaml:"services"`
	}
	readYAML(t, "docker-compose.yml", &compose)
	variables := map[string]string{"loadgen": "LOADGEN_ADMIN_HOSTS", "console": "CONSOLE_HOSTS"}
	for _, builder := range builders() {
		variables[builder.Name] = "ADMIN_HOSTS"
	}
	text := source(t, "docker-compose.yml") + source(t, "prometheus.yml")
	called := map[string]bool{}
	for _, match := range regexp.MustCompile(`\b([a-z]+):(9464|8089)\b`).FindAllStringSubmatch(text, -1) {
		called[match[1]] = true
	}
	for name, variable := range variables {
		answers := strings.Split(compose.Services[name].Environment[variable], ",")
		if !called[name] || !slices.Contains(answers, name) {
			t.Errorf("%s is called by its name: %t; its %s is %q", name, called[name], variable, answers)
		}
		delete(called, name)
	}
	if len(called) > 0 {
		t.Errorf("guards of unknown services are called: %v", called)
	}
}
