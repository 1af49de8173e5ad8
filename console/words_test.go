package console_test

import (
	"io/fs"
	"regexp"
	"strings"
	"testing"

	"loadlab/grafana"
)

// tics are turns of phrase that a native reader has to translate.
var tics = regexp.MustCompile(`(?i)\b(whoever|nobody|beside|bears|is told|it is done|to be known|has not the|in the way|by itself|which is true of|with what|hardly asked|stands? in line|under way)\b`)

var (
	comment = regexp.MustCompile(`(?s)/\*.*?\*/|(?m:(?:^|\s)//.*$)`)
	literal = regexp.MustCompile("'(?:[^'\\\\\\n]|\\\\.)*'|`[^`]*`|\"(?:[^\"\\\\]|\\\\.)*\"")
)

// TestWordsOfThePage looks for tics in what a reader sees: the texts of the
// page and of the dashboards.
func TestWordsOfThePage(t *testing.T) {
	seen := 0
	check := func(name, text string) {
		for _, words := range literal.FindAllString(text, -1) {
			if !strings.Contains(words, " ") {
				continue // a name
			}
			seen++
			if found := tics.FindString(words); found != "" {
				t.Errorf("%s says %q in %s", name, found, words)
			}
		}
	}
	files(t, ".js", func(name, text string) { check(name, comment.ReplaceAllString(text, "")) })
	err := fs.WalkDir(grafana.Dashboards(), ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		text, err := fs.ReadFile(grafana.Dashboards(), name)
		check(name, string(text))
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if seen < 500 {
		t.Errorf("only %d texts were found", seen)
	}
}
