package loadlab_test

import (
	"bytes"
	"fmt"
	"os"
	"path"
	"regexp"
	"slices"
	"strings"
	"testing"

	"loadlab/internal/env"
	loadgen "loadlab/loadgen/cli"
)

// TestTheManualIsDocumented compares the manual page and the completion scripts of the load generator with its flags.
func TestTheManualIsDocumented(t *testing.T) {
	var manual bytes.Buffer
	if err := loadgen.WriteMan(&manual); err != nil {
		t.Fatal(err)
	}
	compareWithFile(t, "loadgen/cli/share/loadgen.1", manual.Bytes())
	for shell, name := range map[string]string{"bash": "loadgen.bash", "zsh": "_loadgen", "fish": "loadgen.fish"} {
		var script bytes.Buffer
		if err := loadgen.WriteCompletion(&script, shell); err != nil {
			t.Fatal(err)
		}
		compareWithFile(t, "loadgen/cli/share/"+name, script.Bytes())
	}
}

func TestFlagsOfTheLoadGeneratorAreDocumented(t *testing.T) {
	vars, err := env.Vars(loadgen.Variables()...)
	if err != nil {
		t.Fatal(err)
	}
	table := "| short | long | meaning |\n|---|---|---|\n"
	for _, v := range vars {
		if short := v.Tag.Get("short"); short != "" {
			long := strings.ToLower(strings.ReplaceAll(strings.TrimPrefix(v.Name, "LOADGEN_"), "_", "-"))
			table += fmt.Sprintf("| `-%s` | `--%s` | %s |\n", short, long, v.Tag.Get("brief"))
		}
	}
	compareWithBlock(t, "docs/loadgen.md", "flags", table)
}

// A feature that the load generator has is linked to a test, by the test's name as the title of the link.
var tested = regexp.MustCompile(`^\[yes\]\(([^() ]+) "(Test\w+)"\)$`)

func TestFeaturesAreTested(t *testing.T) {
	_, section, ok := strings.Cut(pages(t)["docs/loadgen.md"], "\n## Compared with other tools\n")
	if !ok {
		t.Fatal("docs/loadgen.md does not compare the load generator with other tools")
	}
	section, _, _ = strings.Cut(section, "\n## ")
	rows := 0
	for row := range strings.Lines(section) {
		cells := strings.Split(strings.TrimSpace(row), " | ")
		if !strings.HasPrefix(row, "| ") || strings.HasPrefix(row, "| feature |") {
			continue
		}
		rows++
		if len(cells) != 8 {
			t.Errorf("%d cells, want the feature and 7 tools: %s", len(cells), row)
			continue
		}
		for _, cell := range cells[2:] {
			if !slices.Contains([]string{"yes", "partly", "script", "library", "no", "-"}, strings.TrimSuffix(cell, " |")) {
				t.Errorf("%q is no entry: %s", cell, row)
			}
		}
		if cells[1] == "no" {
			continue
		}
		link := tested.FindStringSubmatch(cells[1])
		if link == nil {
			t.Errorf("%q is neither no, nor yes with a link to a test: %s", cells[1], row)
			continue
		}
		text, err := os.ReadFile(path.Join("docs", link[1]))
		if err != nil || !strings.Contains(string(text), "\nfunc "+link[2]+"(t *testing.T)") {
			t.Errorf("%s has no test %s: %v", link[1], link[2], err)
		}
	}
	if rows < 15 {
		t.Errorf("only %d features", rows)
	}
}
