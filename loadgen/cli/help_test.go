package cli

import (
	"bytes"
	"strings"
	"testing"
	"unicode/utf8"
)

func helpPage(t *testing.T, topic string) string {
	t.Helper()
	var out bytes.Buffer
	if err := (Command{Stdout: &out}).showHelp(topic); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

// The first page leaves a line for the prompt.
func TestTheFirstPageOfTheHelpFitsATerminal(t *testing.T) {
	page := helpPage(t, "")
	if lines := strings.Count(page, "\n"); lines > 23 {
		t.Errorf("%d lines, want at most 23", lines)
	}
	for line := range strings.Lines(page) {
		if width := utf8.RuneCountInString(strings.TrimSuffix(line, "\n")); width > 79 || strings.Contains(line, "\t") {
			t.Errorf("%d columns: %q", width, line)
		}
	}
	for _, want := range []string{"Load ", "Requests ", "Results ", "-c, --concurrency", "-n, --requests", "-z, --duration", "-q, --rate", "-H, --header", "-d, --body", "-m, --methods", "--help all"} {
		if !strings.Contains(page, want) {
			t.Errorf("no %q in\n%s", want, page)
		}
	}
}

func TestHelpAllAndTheManualHaveEveryFlag(t *testing.T) {
	page := helpPage(t, "all")
	var manual bytes.Buffer
	if err := WriteMan(&manual); err != nil {
		t.Fatal(err)
	}
	for _, o := range table(t) {
		if !strings.Contains(page, "--"+o.name) || !strings.Contains(page, o.variable) {
			t.Errorf("--%s is not in the help", o.name)
		}
		if !strings.Contains(manual.String(), troff(o.title())) {
			t.Errorf("%s is not in the manual", o.title())
		}
	}
}

// Exit codes have long lines of their own.
func TestHelpAllFitsEightyColumns(t *testing.T) {
	page, _, _ := strings.Cut(helpPage(t, "all"), "\nExit")
	for line := range strings.Lines(page) {
		if width := utf8.RuneCountInString(line); width > 100 {
			t.Errorf("%d columns: %q", width, line)
		}
	}
}

func TestAPageThatThereIsNot(t *testing.T) {
	if err := (Command{}).showHelp("everything"); err == nil || !strings.Contains(err.Error(), "(allowed: all)") {
		t.Errorf("got %v", err)
	}
}
