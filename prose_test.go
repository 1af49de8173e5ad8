package loadlab_test

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"loadlab/experiments/catalog"
)

// tics are phrases that readers had to read twice, and better ones.
var tics = []struct {
	pattern *regexp.Regexp
	instead string
}{
	{tic(`nobody`), "name the actor, or use the passive"},
	{tic(`who(ever|soever)`), "anyone who, a program that, the service that"},
	{tic(`bears?|borne`), "tolerates, allows, accepts"},
	{tic(`at limit`), "at most"},
	{tic(`beside`), "next to, alongside, with, besides"},
	{tic(`(is|are|was|unless|what .{1,20}) told`), "reads, is given, by default"},
	{tic(`tells? (of|from|apart)`), "reports, distinguishes"},
	{tic(`it is done`), "name what is done"},
	{tic(`to be known`), "known, to know"},
	{tic(`(has|have|had) not (the|a|an|any|one|its)`), "does not have"},
	{tic(`(that|which) there (is|are) none of`), "a missing"},
	{tic(`which is true of`), "say it of what it is true of"},
	{tic(`in the way`), "a problem, an obstacle; or reword"},
	{tic(`by (itself|themselves)`), "automatically, on its own; or leave it out"},
	{tic(`stands? (in|on|at|here|where|apart|between|among|alone)`), "is, are"},
	{tic(`(stands?|stood|standing) for`), "is, means, matches, represents, is replaced by"},
	{tic(`with what`), "with the ... that"},
	{tic(`one's own`), "your own"},
	{tic(`(\d[\d,]*|sixty|hundreds? of) lines`), "leave it out: nothing keeps a count of lines true"},
	{tic(`(variables?|settings?|commands?|programs?|values?) that there (is|are)`), "existing, available"},
}

func tic(phrase string) *regexp.Regexp { return regexp.MustCompile(`(?i)\b(?:` + phrase + `)\b`) }

// passage is text that a person reads, with its place.
type passage struct{ place, text string }

// prose are the kinds of text that the phrases are looked for in.
var prose = []struct {
	name string
	read func(*testing.T) []passage
}{
	{"documents", documents},
	{"comments of configuration", configurationComments},
	{"experiments", experimentTexts},
	{"strings of the code", codeStrings},
	{"comments of the code", codeComments},
	{"dashboards", dashboardTexts},
	{"the OpenAPI document", openAPITexts},
	{"the page", pageStrings},
}

func TestProseHasNoTics(t *testing.T) {
	for _, kind := range prose {
		t.Run(kind.name, func(t *testing.T) {
			passages := kind.read(t)
			if len(passages) == 0 {
				t.Fatal("there is nothing to read")
			}
			for _, p := range passages {
				for _, found := range findTics(p.text) {
					t.Errorf("%s: %s", p.place, found)
				}
			}
		})
	}
}

func TestTicsAreFound(t *testing.T) {
	if found := findTics("It stands still, as told.\nNobody waits beside\nit."); len(found) != 2 {
		t.Errorf("found %q", found)
	}
}

// findTics looks through a text, in which a phrase may be broken across two lines.
func findTics(text string) []string {
	var found []string
	text = strings.Join(strings.Fields(text), " ")
	for _, tic := range tics {
		for _, at := range tic.pattern.FindAllStringIndex(text, -1) {
			around := text[max(0, at[0]-30):min(len(text), at[1]+30)]
			found = append(found, fmt.Sprintf("%q in %q; better: %s", text[at[0]:at[1]], around, tic.instead))
		}
	}
	return found
}

var (
	codeBlock  = regexp.MustCompile("(?m)^(?:    .*|```[^`]*```)$")
	codeSpan   = regexp.MustCompile("`[^`]*`")
	linkTarget = regexp.MustCompile(`\]\([^()\s]+\)`)
)

// documents are the paragraphs of every document, without code. Of the changelog
// only the two newest sections count: what has been released stays as it was.
func documents(t *testing.T) []passage {
	t.Helper()
	all := pages(t)
	if parts := strings.SplitN(all["CHANGELOG.md"], "\n## ", 4); len(parts) > 3 {
		all["CHANGELOG.md"] = strings.Join(parts[:3], "\n\n")
	}
	var found []passage
	for _, page := range slices.Sorted(maps.Keys(all)) {
		text := all[page]
		text = linkTarget.ReplaceAllString(codeSpan.ReplaceAllString(codeBlock.ReplaceAllString(text, ""), "code"), "]")
		for paragraph := range strings.SplitSeq(text, "\n\n") {
			found = append(found, passage{page, paragraph})
		}
	}
	return found
}

// experimentTexts are what the command line and the pages say of each experiment.
func experimentTexts(t *testing.T) []passage {
	t.Helper()
	all, err := catalog.List()
	if err != nil {
		t.Fatal(err)
	}
	var found []passage
	for _, d := range all {
		texts := []string{d.Title, d.Question, d.Hypothesis, d.Explanation}
		for _, check := range d.Checks {
			texts = append(texts, check.Name)
		}
		for _, text := range texts {
			found = append(found, passage{"experiments/catalog/" + d.Name + ".yaml", text})
		}
	}
	return found
}

// codeStrings are the strings of the product's code that have more than one word:
// help, errors, log messages, help texts of metrics and of variables.
func codeStrings(t *testing.T) []passage {
	t.Helper()
	var found []passage
	for _, folder := range []string{"cmd", "console", "experiments", "grafana", "internal", "lab", "loadgen", "runtimes", "services"} {
		parseAll(t, folder, func(path string, file *ast.File) {
			if strings.HasSuffix(path, "_test.go") || strings.Contains(path, "testkit") {
				return
			}
			ast.Inspect(file, func(node ast.Node) bool {
				if literal, ok := node.(*ast.BasicLit); ok && literal.Kind == token.STRING {
					if text, err := strconv.Unquote(literal.Value); err == nil && strings.Contains(text, " ") {
						found = append(found, passage{path, text})
					}
				}
				return true
			})
		})
	}
	return found
}

// codeComments are those of all Go files, tests included.
func codeComments(t *testing.T) []passage {
	t.Helper()
	var found []passage
	parseAll(t, ".", func(path string, file *ast.File) {
		for _, comment := range file.Comments {
			found = append(found, passage{path, comment.Text()})
		}
	})
	return found
}

// parseAll parses the Go files below folder.
func parseAll(t *testing.T, folder string, visit func(path string, file *ast.File)) {
	t.Helper()
	err := filepath.WalkDir(folder, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || filepath.Ext(path) != ".go" || strings.Contains(path, "node_modules") {
			return err
		}
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.ParseComments|parser.SkipObjectResolution)
		if err == nil {
			visit(filepath.ToSlash(path), file)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

var shownText = regexp.MustCompile(`"(?:title|description|textFormat|titleFormat|legendFormat|content|label)": ("(?:[^"\\]|\\.)*")`)

// dashboardTexts are the titles, descriptions and legends of the dashboards.
func dashboardTexts(t *testing.T) []passage {
	t.Helper()
	var found []passage
	for name, text := range readFiles(t, "grafana/dashboards/*.json", "grafana/dashboards/*/*.json") {
		for _, match := range shownText.FindAllStringSubmatch(text, -1) {
			found = append(found, passage{name, match[1]})
		}
	}
	return found
}

// openAPITexts are the summaries and the descriptions of the services' document.
func openAPITexts(t *testing.T) []passage {
	t.Helper()
	const path = "internal/web/openapi/openapi.yaml"
	var document any
	readYAML(t, path, &document)
	return describing(path, document)
}

// describing finds the summaries and the descriptions in a part of an OpenAPI document.
func describing(path string, part any) []passage {
	var found []passage
	switch part := part.(type) {
	case map[string]any:
		for name, value := range part {
			if text, ok := value.(string); ok && (name == "summary" || name == "description") {
				found = append(found, passage{path, text})
			}
			found = append(found, describing(path, value)...)
		}
	case []any:
		for _, value := range part {
			found = append(found, describing(path, value)...)
		}
	}
	return found
}

// configurationComments are the comments of files that a user reads or changes.
func configurationComments(t *testing.T) []passage {
	t.Helper()
	var found []passage
	for name, text := range readFiles(t, ".env.example", "*.yml", ".ci/*", "Makefile", "deploy/*", "deploy/*/*", ".github/*/*.yml") {
		var comments []string
		for line := range strings.Lines(text) {
			if _, comment, ok := strings.Cut(line, "#"); ok {
				comments = append(comments, comment)
			}
		}
		found = append(found, passage{name, strings.Join(comments, "")})
	}
	return found
}

var (
	scriptComment = regexp.MustCompile(`(?s)/\*.*?\*/|(?m:(?:^|\s)//.*$)`)
	scriptString  = regexp.MustCompile("'(?:[^'\\\\\\n]|\\\\.)*'|`[^`]*`|\"(?:[^\"\\\\\\n]|\\\\.)*\"")
)

// pageStrings are the strings of the console's page that have more than one word.
func pageStrings(t *testing.T) []passage {
	t.Helper()
	var found []passage
	err := filepath.WalkDir("console/static", func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || filepath.Ext(path) != ".js" || strings.Contains(path, "/vendor/") {
			return err
		}
		text, err := os.ReadFile(path)
		for _, words := range scriptString.FindAllString(scriptComment.ReplaceAllString(string(text), ""), -1) {
			if strings.Contains(words, " ") {
				found = append(found, passage{path, words})
			}
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return found
}
