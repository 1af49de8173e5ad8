package cli_test

import (
	"os"
	"strings"
	"testing"

	"loadlab/loadgen/translate"
)

// documented returns the commands of a section of docs/loadgen.md, after each old text has become the new one.
func documented(t *testing.T, section string, oldnew ...string) []string {
	t.Helper()
	page, err := os.ReadFile("../../docs/loadgen.md")
	must(t, err)
	_, text, found := strings.Cut(string(page), "\n## "+section+"\n")
	if !found {
		t.Fatalf("docs/loadgen.md has no section %q", section)
	}
	text, _, _ = strings.Cut(text, "\n## ")
	var commands []string
	for line := range strings.Lines(text) {
		if command, ok := strings.CutPrefix(line, "    loadgen "); ok {
			commands = append(commands, strings.NewReplacer(oldnew...).Replace(strings.TrimSpace(command)))
		}
	}
	if len(commands) == 0 {
		t.Fatalf("section %q has no command", section)
	}
	return commands
}

// words splits a command as a shell does.
func words(t *testing.T, command string) []string {
	t.Helper()
	list, err := translate.Commands(command)
	must(t, err)
	return list[0]
}
