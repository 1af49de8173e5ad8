package loadlab_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"

	"loadlab/console"
	"loadlab/experiments/maxrate"
	"loadlab/experiments/result"
	"loadlab/internal/app"
	"loadlab/internal/env"
	"loadlab/internal/exitcode"
	"loadlab/internal/telemetry"
	"loadlab/internal/web/openapi"
	"loadlab/lab"
	loadgen "loadlab/loadgen/cli"
	"loadlab/runtimes/nethttp"
)

var update = flag.Bool("update", false, "write the generated parts of the documentation")

// TestVariablesAreDocumented compares docs/variables.md with the declarations.
func TestVariablesAreDocumented(t *testing.T) {
	var page bytes.Buffer
	page.WriteString("# Variables\n\nGenerated from the declarations in the code by `make generate`.\n" +
		"A value that cannot be used stops the start with exit code 2; every problem is named at once.\n" +
		"`--help` of each program prints its own. Those of the load generator are in [loadgen.md](loadgen.md#variables).\n")
	standard := []any{&telemetry.Export{}}
	section := func(title string, declared ...any) {
		page.WriteString("\n## " + title + "\n\n")
		writeVariables(t, &page, standard, declared...)
	}
	section("Every service", app.Variables(app.Builder{})...)
	for _, builder := range builders() {
		if builder.Vars != nil {
			section(builder.Name, builder.Vars()...)
		}
	}
	section("console", console.Variables()...)
	section("nethttp, the tutorial's server on Go's net/http", &nethttp.Config{})
	section("The lab without containers", &lab.Config{})
	page.WriteString("\n## OpenTelemetry, of every program\n\nThe variables of OpenTelemetry's specification that are supported; [telemetry.md](telemetry.md) says more about them.\n\n")
	writeVariables(t, &page, nil, standard...)
	compareWithFile(t, "docs/variables.md", page.Bytes())
}

func TestVariablesOfTheLoadGeneratorAreDocumented(t *testing.T) {
	var table bytes.Buffer
	writeVariables(t, &table, []any{&telemetry.Export{}}, loadgen.Variables()...)
	compareWithBlock(t, "docs/loadgen.md", "variables", table.String())
}

func TestExitCodesAreDocumented(t *testing.T) {
	page := "# Exit codes\n\nGenerated from the code by `make generate`. They are those of every command; `lab run` of several experiments ends with the highest.\n\n" +
		"| code | means |\n|--:|---|\n"
	for _, c := range exitcode.All() {
		page += fmt.Sprintf("| %d | %s |\n", c.Number, c.Meaning)
	}
	page += "\nWhich verdict ends in which code: [experiments](experiments.md#verdicts), [`lab max`](max.md), [`loadgen compare`](loadgen.md#comparing-with-a-baseline).\n"
	compareWithFile(t, "docs/exit-codes.md", []byte(page))
}

// TestExitCodesOfVerdictsAreCurrent holds the column of the tables that explain verdicts to the code.
func TestExitCodesOfVerdictsAreCurrent(t *testing.T) {
	for _, v := range []result.Verdict{result.Holds, result.DoesNotHold, result.NotSignificant, result.Invalid, result.Incomplete} {
		findRow(t, "docs/experiments.md", string(v), v.ExitCode())
	}
	for _, end := range []string{maxrate.Found, maxrate.AtLeastMax, maxrate.NotEvenMin, maxrate.Generator, maxrate.Interrupted} {
		findRow(t, "docs/max.md", end, (&maxrate.Result{End: end}).ExitCode())
	}
}

// findRow requires a row of a table that begins with first and ends with the code.
func findRow(t *testing.T, page, first string, code int) {
	t.Helper()
	text, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	row := regexp.MustCompile(`(?m)^\| ` + regexp.QuoteMeta(first) + ` \|.*\| (\d) \|$`).FindSubmatch(text)
	if row == nil || string(row[1]) != fmt.Sprint(code) {
		t.Errorf("%s: the row of %q is %q, want the exit code %d", page, first, row, code)
	}
}

func TestPortsOfServicesAreDocumented(t *testing.T) {
	table := "| service | port | admin port |\n|---|--:|--:|\n"
	for _, builder := range builders() {
		table += fmt.Sprintf("| `%s` | %d | %d |\n", builder.Name, builder.Port, builder.Port+1000)
	}
	compareWithBlock(t, "docs/services.md", "ports", table)
}

// TestOpenAPIIsDocumentedInJSON compares the JSON form of the OpenAPI document with the YAML in which it is written.
func TestOpenAPIIsDocumentedInJSON(t *testing.T) {
	converted, err := yaml.YAMLToJSON(openapi.YAML())
	if err != nil {
		t.Fatal(err)
	}
	var lines bytes.Buffer // one value a line, so that a change can be read as a diff
	if err := json.Indent(&lines, converted, "", ""); err != nil {
		t.Fatal(err)
	}
	compareWithFile(t, "internal/web/openapi/openapi.json", lines.Bytes())
}

// TestSchemaOfScenariosIsDocumented compares the JSON Schema that editors read with the types that scenario files are read into.
func TestSchemaOfScenariosIsDocumented(t *testing.T) {
	schema, err := loadgen.Schema()
	if err != nil {
		t.Fatal(err)
	}
	compareWithFile(t, "examples/scenario.schema.json", append(schema, '\n'))
}

// writeVariables writes a table of what is declared, but for what elsewhere declares.
func writeVariables(t *testing.T, page io.Writer, elsewhere []any, declared ...any) {
	t.Helper()
	vars, err := env.Vars(declared...)
	if err != nil {
		t.Fatal(err)
	}
	others, err := env.Vars(elsewhere...)
	if err != nil {
		t.Fatal(err)
	}
	vars = slices.DeleteFunc(vars, func(v env.Var) bool {
		return slices.ContainsFunc(others, func(other env.Var) bool { return other.Name == v.Name })
	})
	fmt.Fprintln(page, "| variable | default | meaning |\n|---|---|---|")
	for _, v := range vars {
		fmt.Fprintf(page, "| `%s` | %s | %s |\n", v.Name, code(v.Default), strings.ReplaceAll(v.Describe(), "|", "\\|"))
	}
}

func code(s string) string {
	if s == "" {
		return ""
	}
	return "`" + s + "`"
}

// compareWithBlock compares the part of a page between two marks with want.
func compareWithBlock(t *testing.T, page, name, want string) {
	t.Helper()
	text, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	begin, end := "<!-- make generate writes: "+name+" -->\n", "<!-- end -->\n"
	before, rest, ok := strings.Cut(string(text), begin)
	_, after, ok2 := strings.Cut(rest, end)
	if !ok || !ok2 {
		t.Fatalf("%s has no place for the generated part %q", page, name)
	}
	compareWithFile(t, page, []byte(before+begin+want+end+after))
}

func compareWithFile(t *testing.T, name string, want []byte) {
	t.Helper()
	if *update {
		if err := os.WriteFile(name, want, 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	got, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("%s is stale; run make generate", name)
	}
}
