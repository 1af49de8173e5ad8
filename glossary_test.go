package loadlab_test

import (
	"bytes"
	"encoding/json"
	"os"
	"strings"
	"testing"
)

// TestGlossaryIsDocumentedOnThePage compares the terms that the console
// explains with docs/glossary.md.
func TestGlossaryIsDocumentedOnThePage(t *testing.T) {
	text, err := os.ReadFile("docs/glossary.md")
	if err != nil {
		t.Fatal(err)
	}
	var page bytes.Buffer
	page.WriteString("/** The terms of docs/glossary.md with their definitions. Written by `make generate`. */\nexport const TERMS = {\n")
	_, entries, _ := strings.Cut(string(text), "\n## ")
	for entry := range strings.SplitSeq(entries, "\n## ") {
		name, definition, _ := strings.Cut(entry, "\n")
		if definition = strings.TrimSpace(definition); definition == "" || strings.Contains(definition, "\n") {
			t.Errorf("the definition of %q is not one paragraph", name)
		}
		page.WriteString("  " + quoted(t, name) + ": " + quoted(t, definition) + ",\n")
	}
	page.WriteString("};\n")
	compareWithFile(t, "console/static/glossary/terms.js", page.Bytes())
}

// quoted is text as a literal of JavaScript.
func quoted(t *testing.T, text string) string {
	t.Helper()
	var literal bytes.Buffer
	encoder := json.NewEncoder(&literal)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(text); err != nil {
		t.Fatal(err)
	}
	return strings.TrimSpace(literal.String())
}
