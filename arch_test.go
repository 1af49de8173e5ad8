package loadlab_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
)

// goPackage is what `go list -json` says of a package of ours.
type goPackage struct {
	ImportPath   string
	Name         string
	Doc          string
	Dir          string
	GoFiles      []string
	Imports      []string
	TestGoFiles  []string
	XTestGoFiles []string
}

// folder is the path below the module, empty for the root.
func (p goPackage) folder() string {
	return strings.TrimPrefix(strings.TrimPrefix(p.ImportPath, module), "/")
}

const module = "loadlab"

func packages(t *testing.T) []goPackage {
	t.Helper()
	all, err := listed()
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// listed asks once for all tests.
var listed = sync.OnceValues(func() ([]goPackage, error) {
	command := exec.Command("go", "list", "-json", "./...")
	command.Stderr = os.Stderr
	out, err := command.Output()
	if err != nil {
		return nil, err
	}
	var all []goPackage
	for decoder := json.NewDecoder(bytes.NewReader(out)); ; {
		var p goPackage
		if err := decoder.Decode(&p); errors.Is(err, io.EOF) {
			return all, nil
		} else if err != nil {
			return nil, err
		}
		all = append(all, p)
	}
})

// layers says, for the packages below a folder, which of ours they may import.
// The first match counts; "self" is the package's own folder of that depth.
var layers = []struct {
	below   string
	mayUse  []string
	andSelf int // how many path elements of its own folder it may use everything below of
}{
	{below: "internal/", mayUse: []string{"internal/"}},
	{below: "services/", mayUse: []string{"internal/app", "internal/decimal", "internal/env", "internal/outbound", "internal/scratch", "internal/telemetry", "internal/web", "internal/workmeter"}, andSelf: 2},
	{below: "loadgen", mayUse: []string{"internal/"}, andSelf: 1},
	{below: "experiments", mayUse: []string{"loadgen", "internal/"}, andSelf: 1},
	{below: "console/cli", mayUse: []string{"experiments", "internal/"}, andSelf: 1},
	{below: "console", mayUse: []string{"grafana", "internal/"}, andSelf: 1},
	{below: "runtimes", mayUse: []string{"internal/app", "internal/decimal", "internal/env", "internal/exitcode", "internal/telemetry", "internal/web/", "internal/workmeter"}, andSelf: 1},
	{below: "lab", mayUse: []string{"console", "deploy", "experiments", "grafana", "internal/", "loadgen", "runtimes/", "services/", module}, andSelf: 1},
	{below: "cmd/loadgen", mayUse: []string{"loadgen"}, andSelf: 2},
	{below: "cmd/console", mayUse: []string{"console"}, andSelf: 2},
	{below: "cmd/", mayUse: []string{"console", "experiments", "grafana", "internal/", "lab", "loadgen", "runtimes/", "services/"}, andSelf: 2},
}

// mayImport reports whether the package in folder may import target, both below the module.
func mayImport(folder, target string) bool {
	for _, layer := range layers {
		if !strings.HasPrefix(folder+"/", layer.below) {
			continue
		}
		parts := strings.Split(folder, "/")
		if layer.andSelf > 0 && len(parts) >= layer.andSelf {
			own := path.Join(parts[:layer.andSelf]...)
			if target == own || strings.HasPrefix(target, own+"/") {
				return true
			}
		}
		// A service may use another service's client package.
		if layer.below == "services/" && strings.HasPrefix(target, "services/") && path.Base(target) == "client" {
			return true
		}
		return slices.ContainsFunc(layer.mayUse, func(allowed string) bool {
			return strings.HasPrefix(target+"/", allowed)
		})
	}
	return true // tests, benchmarks and documentation stand above everything
}

func TestDependenciesPointOneWay(t *testing.T) {
	for _, p := range packages(t) {
		for _, imported := range p.Imports {
			target, ours := strings.CutPrefix(imported, module+"/")
			if ours && !mayImport(p.folder(), target) {
				t.Errorf("%s must not import %s", p.folder(), target)
			}
		}
	}
}

// TestEveryPackageIsInACommand finds packages that only tests import.
func TestEveryPackageIsInACommand(t *testing.T) {
	command := exec.CommandContext(t.Context(), "go", "list", "-deps", "./cmd/...")
	command.Stderr = os.Stderr
	out, err := command.Output()
	if err != nil {
		t.Fatal(err)
	}
	inCommands := strings.Fields(string(out))
	for _, p := range packages(t) {
		forTests := len(p.GoFiles) == 0 || p.folder() == "internal/testkit" || strings.HasPrefix(p.folder(), "test/") || strings.HasPrefix(p.folder(), "bench/")
		if !forTests && !slices.Contains(inCommands, p.ImportPath) {
			t.Errorf("%s is in no command", p.folder())
		}
	}
}

// siblings says, for the packages of a folder that has an order of its own,
// which others of that folder each may import; "" is the package of the folder itself.
var siblings = map[string]map[string][]string{
	"experiments": {
		"knee": {}, "queueing": {}, "usl": {}, "confidence": {},
		"result":     {"confidence"},
		"expression": {"queueing", "result", "usl"},
		"definition": {"confidence", "expression", "result"},
		"catalog":    {"definition"},
		"judge":      {"confidence", "definition", "expression", "result"},
		"run":        {"definition", "judge", "result"},
		"compare":    {"confidence", "result"},
		"page":       {"compare", "confidence", "result"},
		"maxrate":    {"knee", "result"},
		"runner":     {"catalog", "definition", "page", "result", "run"},
		"cli":        {"catalog", "compare", "definition", "maxrate", "page", "result", "run"},
	},
	"internal/web": {
		"openapi":   {},
		"problem":   {},
		"semantics": {"problem"},
		"jsonbody":  {"problem"},
		"input":     {"jsonbody", "problem"},
		"faultkind": {"input"},
		"fault":     {"faultkind", "input", "problem", "semantics"},
		"":          {"fault", "input", "openapi", "problem", "semantics"},
	},
	"loadgen": {
		"responsecheck": {}, "client": {}, "clock": {}, "pace": {}, "route": {},
		"extract":    {"responsecheck"},
		"translate":  {"target"},
		"target":     {"extract", "responsecheck"},
		"data":       {"target"},
		"cause":      {"client"},
		"record":     {"cause"},
		"connection": {"cause", "client", "record", "responsecheck", "route", "target"},
		"plan":       {"extract", "pace", "responsecheck", "target"},
		"send":       {"cause", "clock", "connection", "record", "route", "target"},
		"report":     {"record"},
		"compare":    {"report"},
		"output":     {"record", "report"},
		"check":      {"pace", "plan", "target"},
		"":           {"cause", "clock", "connection", "data", "pace", "plan", "record", "report", "route", "send", "target"},
		"requestlog": {""}, "remotewrite": {},
		"control": {""},
		"spans":   {"", "record"},
		"screen":  {"", "plan", "report"},
		"cli": {"", "check", "compare", "control", "data", "output", "pace", "plan", "record", "remotewrite", "report", "requestlog", "responsecheck", "route",
			"screen", "spans", "target", "translate"},
	},
}

// TestSiblingsPointOneWay checks that definition, run, judgement, result and page
// of an experiment, or the parts of a surface, do not grow together again.
func TestSiblingsPointOneWay(t *testing.T) {
	for _, p := range packages(t) {
		for parent, order := range siblings {
			own, within := sibling(parent, p.ImportPath)
			if !within || len(p.GoFiles) == 0 {
				continue
			}
			allowed, known := order[own]
			if !known {
				t.Errorf("%s has no place in the order of %s", p.folder(), parent)
			}
			for _, imported := range p.Imports {
				if other, within := sibling(parent, imported); within && !slices.Contains(allowed, other) {
					t.Errorf("%s must not import %s", p.folder(), strings.TrimPrefix(imported, module+"/"))
				}
			}
		}
	}
}

// sibling is the name of the package at importPath below parent, empty for parent itself.
func sibling(parent, importPath string) (name string, within bool) {
	rest, within := strings.CutPrefix(importPath, module+"/"+parent)
	if !within || rest != "" && rest[0] != '/' {
		return "", false
	}
	return strings.TrimPrefix(rest, "/"), true
}

// TestTheRootEmbedsAlone checks that the package of the root has no code: it is
// there for prometheus.yml, since a package embeds only files below its folder.
func TestTheRootEmbedsAlone(t *testing.T) {
	for _, p := range packages(t) {
		switch {
		case p.ImportPath == module && (!slices.Equal(p.GoFiles, []string{"prometheus.go"}) || !slices.Equal(p.Imports, []string{"embed"})):
			t.Errorf("the root has the files %v and imports %v, want prometheus.go and embed alone", p.GoFiles, p.Imports)
		case slices.Contains(p.Imports, module) && p.folder() != "lab":
			t.Errorf("%s must not import the root", p.folder())
		}
	}
}

func TestLibrariesStayInTheirPlace(t *testing.T) {
	places := map[string][]string{
		"github.com/labstack/echo/v4":      {"services/", "internal/web/"},
		"github.com/prometheus/prometheus": {"lab/"},
		"github.com/jackc/pgx/v5":          {"services/items/"},
		"modernc.org/sqlite":               {"services/items/"},
		"github.com/dunglas/httpsfv":       {"services/items/"},
		"github.com/expr-lang/expr":        {"experiments/definition/", "experiments/expression/", "loadgen/responsecheck/"},
		"github.com/goccy/go-yaml":         {"experiments/definition/", "loadgen/check/", "loadgen/plan/"},
		"github.com/spf13/cobra":           {"loadgen/cli/"},
		"github.com/spf13/pflag":           {"loadgen/cli/"},
	}
	for _, p := range packages(t) {
		for _, imported := range p.Imports {
			for library, allowed := range places {
				if imported != library && !strings.HasPrefix(imported, library+"/") {
					continue
				}
				if !slices.ContainsFunc(allowed, func(place string) bool { return strings.HasPrefix(p.folder()+"/", place) }) {
					t.Errorf("%s must not import %s, which belongs to %s", p.folder(), imported, strings.Join(allowed, ", "))
				}
			}
		}
	}
}

// TestPureArithmeticHasNoClock keeps packages that compute when to send, and
// what, free of clocks and of I/O, so that they can be tested as functions.
func TestPureArithmeticHasNoClock(t *testing.T) {
	forbidden := []string{"net", "net/http", "os", "io/fs", "os/exec", "math/rand"}
	for _, p := range packages(t) {
		if p.folder() != "loadgen/pace" && p.folder() != "loadgen/target" {
			continue
		}
		for _, imported := range p.Imports {
			if slices.Contains(forbidden, imported) {
				t.Errorf("%s must not import %s", p.folder(), imported)
			}
		}
	}
}

func TestPackagesAreNamedAndDescribed(t *testing.T) {
	drawers := []string{"util", "utils", "common", "shared", "helper", "helpers", "misc", "base", "lib"}
	for _, p := range packages(t) {
		if slices.Contains(drawers, path.Base(p.ImportPath)) {
			t.Errorf("%s has a name that says nothing", p.folder())
		}
		if len(p.GoFiles) == 0 || strings.HasPrefix(p.folder(), "test/") {
			continue
		}
		switch synopsis := p.Doc; {
		case synopsis == "":
			t.Errorf("%s has no package documentation", p.folder())
		case strings.Contains(synopsis, " and "):
			t.Errorf("%s does more than one thing by its own words: %s", p.folder(), synopsis)
		}
	}
}

// TestMainsHaveNoLogic keeps package main to one short file, so that everything can be tested.
func TestMainsHaveNoLogic(t *testing.T) {
	for _, p := range packages(t) {
		if p.Name != "main" {
			continue
		}
		if !slices.Equal(p.GoFiles, []string{"main.go"}) {
			t.Errorf("%s has the files %v, want main.go alone", p.folder(), p.GoFiles)
		}
	}
}

func TestFilesAreShort(t *testing.T) {
	const longest = 500
	for _, p := range packages(t) {
		for _, file := range slices.Concat(p.GoFiles, p.TestGoFiles, p.XTestGoFiles) {
			text, err := os.ReadFile(filepath.Join(p.Dir, file))
			if err != nil {
				t.Fatal(err)
			}
			if lines := strings.Count(string(text), "\n"); lines > longest {
				t.Errorf("%s/%s has %d lines, more than %d", p.folder(), file, lines, longest)
			}
		}
	}
}
