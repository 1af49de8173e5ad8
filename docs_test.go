package loadlab_test

import (
	"bytes"
	"flag"
	"os"
	"testing"

	"loadlab/console"
	"loadlab/internal/app"
	"loadlab/internal/env"
)

var update = flag.Bool("update", false, "write the generated parts of the documentation")

// TestVariablesAreDocumented compares docs/variables.md with the declarations.
func TestVariablesAreDocumented(t *testing.T) {
	var page bytes.Buffer
	page.WriteString("# Variables of the services\n\nGenerated from the declarations in the code by `make generate`.\n" +
		"A value that cannot be used stops the start with exit code 2; every problem is named at once.\n" +
		"`--help` of each service prints its own.\n")
	writeVariables(t, &page, "Every service", app.Variables(app.Builder{})...)
	for _, builder := range builders() {
		if builder.Vars != nil {
			writeVariables(t, &page, builder.Name, builder.Vars()...)
		}
	}
	writeVariables(t, &page, "console", &console.Environment{})
	compareWithFile(t, "docs/variables.md", page.Bytes())
}

func writeVariables(t *testing.T, page *bytes.Buffer, title string, declared ...any) {
	t.Helper()
	vars, err := env.Vars(declared...)
	if err != nil {
		t.Fatal(err)
	}
	page.WriteString("\n## " + title + "\n\n")
	env.WriteMarkdown(page, vars)
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
