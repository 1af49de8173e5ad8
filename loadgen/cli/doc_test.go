package cli_test

import (
	"bytes"
	"flag"
	"os"
	"strings"
	"testing"

	"loadlab/loadgen/cli"
)

//go:generate go test -run TestDocumentationIsCurrent -update .

var update = flag.Bool("update", false, "write the table of variables into the documentation")

const (
	page  = "../../docs/loadgen.md"
	begin = "<!-- begin of the table that go generate writes -->\n"
	end   = "<!-- end of the table -->\n"
)

func TestDocumentationIsCurrent(t *testing.T) {
	text, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	before, rest, ok := strings.Cut(string(text), begin)
	_, after, ok2 := strings.Cut(rest, end)
	if !ok || !ok2 {
		t.Fatal("the page has no place for the table")
	}
	var table bytes.Buffer
	if err := cli.WriteMarkdown(&table); err != nil {
		t.Fatal(err)
	}
	want := before + begin + table.String() + end + after
	if *update {
		if err := os.WriteFile(page, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if string(text) != want {
		t.Error("docs/loadgen.md is not current; run go generate ./loadgen/cli")
	}
}
