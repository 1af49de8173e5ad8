package loadlab_test

import (
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// pages are the documents of the repository that a person reads, by their paths.
func pages(t *testing.T) map[string]string {
	t.Helper()
	return readFiles(t, "*.md", "docs/*.md", "docs/adr/*.md", ".github/*.md", ".github/*/*.md")
}

// readFiles returns the files that match a pattern, by their paths.
func readFiles(t *testing.T, patterns ...string) map[string]string {
	t.Helper()
	found := map[string]string{}
	for _, pattern := range patterns {
		names, err := filepath.Glob(pattern)
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range names {
			if info, err := os.Stat(name); err != nil || info.IsDir() {
				continue
			}
			text, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			found[filepath.ToSlash(name)] = string(text)
		}
	}
	return found
}

var (
	link       = regexp.MustCompile(`\]\(([^()\s]+)\)|(?:src|srcset)="([^"]+)"`)
	heading    = regexp.MustCompile(`(?m)^#+ (.+)$`)
	noAnchor   = regexp.MustCompile(`[^\p{L}\p{N} _-]`)
	fencedCode = regexp.MustCompile("(?ms)^```.*?^```$")
)

// anchors are the fragments by which the headings of a page can be linked, as
// GitHub makes them.
func anchors(text string) []string {
	var all []string
	for _, match := range heading.FindAllStringSubmatch(fencedCode.ReplaceAllString(text, ""), -1) {
		all = append(all, strings.ReplaceAll(noAnchor.ReplaceAllString(strings.ToLower(match[1]), ""), " ", "-"))
	}
	return all
}

func TestLinksOfDocumentsResolve(t *testing.T) {
	all := pages(t)
	checked := 0
	for page, text := range all {
		for _, match := range link.FindAllStringSubmatch(text, -1) {
			target := match[1] + match[2]
			if strings.Contains(target, "://") || !strings.ContainsAny(target, "./#") {
				continue
			}
			checked++
			file, anchor, _ := strings.Cut(target, "#")
			if file = path.Join(path.Dir(page), file); strings.HasPrefix(target, "#") {
				file = page
			}
			if _, err := os.Stat(file); err != nil {
				t.Errorf("%s links to %s, which does not exist", page, target)
			} else if anchor != "" && !slices.Contains(anchors(all[file]), anchor) {
				t.Errorf("%s links to %s, but %s has no heading #%s", page, target, file, anchor)
			}
		}
	}
	if checked < 100 {
		t.Errorf("only %d links were found", checked)
	}
}

// A page that the map leaves out is found by chance only.
func TestTheMapHasEveryPage(t *testing.T) {
	all := pages(t)
	for page := range all {
		if path.Dir(page) == "docs" && page != "docs/README.md" && !strings.Contains(all["docs/README.md"], "]("+path.Base(page)+")") {
			t.Errorf("docs/README.md does not link to %s", page)
		}
	}
}

// The console shows the glossary's entries, so each is a heading with one paragraph.
func TestGlossaryIsOneParagraphATerm(t *testing.T) {
	entries := strings.Split(pages(t)["docs/glossary.md"], "\n## ")[1:]
	var terms []string
	for _, entry := range entries {
		term, paragraph, _ := strings.Cut(entry, "\n")
		terms = append(terms, strings.ReplaceAll(strings.ToLower(term), "-", " "))
		if paragraph = strings.TrimSpace(paragraph); paragraph == "" || strings.Contains(paragraph, "\n") {
			t.Errorf("%s is not explained in one paragraph on one line", term)
		}
	}
	if !slices.IsSorted(terms) || len(slices.Compact(slices.Clone(terms))) != len(terms) || len(terms) == 0 {
		t.Errorf("the terms are not sorted, or one of them is there twice: %q", terms)
	}
}

// Paths and targets that CONTRIBUTING.md names in code marks exist.
func TestContributingNamesWhatExists(t *testing.T) {
	text := pages(t)["CONTRIBUTING.md"]
	targets := makeTargets(t)
	for _, match := range regexp.MustCompile("`([^`]+)`|(?m)^ {4}(make \\S+)").FindAllStringSubmatch(text, -1) {
		code := match[1] + match[2]
		if target, ok := strings.CutPrefix(code, "make "); ok && !slices.Contains(targets, target) {
			t.Errorf("the Makefile has no target %s", target)
		}
		name := strings.TrimSuffix(code, "/*")
		if !regexp.MustCompile(`^[.a-z]+(/[a-z.]+)+$`).MatchString(name) {
			continue
		}
		if _, err := os.Stat(name); err != nil {
			t.Errorf("there is no %s", name)
		}
	}
}

func makeTargets(t *testing.T) []string {
	t.Helper()
	text, err := os.ReadFile("Makefile")
	if err != nil {
		t.Fatal(err)
	}
	var targets []string
	for _, match := range regexp.MustCompile(`(?m)^([a-z0-9-]+):`).FindAllStringSubmatch(string(text), -1) {
		targets = append(targets, match[1])
	}
	return targets
}

// The workflow calls what developers call, and its actions have a version.
func TestTheWorkflowCallsTheSameTargets(t *testing.T) {
	var workflow struct {
		Jobs map[string]struct {
			Steps []struct {
				Uses string `yaml:"uses"`
				Run  string `yaml:"run"`
			} `yaml:"steps"`
		} `yaml:"jobs"`
	}
	readYAML(t, ".github/workflows/ci.yml", &workflow)
	ran := 0
	for name, job := range workflow.Jobs {
		for _, step := range job.Steps {
			if step.Uses != "" && !regexp.MustCompile(`@v\d+(\.\d+)*$`).MatchString(step.Uses) {
				t.Errorf("%s uses %s, which has no version", name, step.Uses)
			}
			target, isMake := strings.CutPrefix(step.Run, "make ")
			if isMake && !slices.Contains(makeTargets(t), target) {
				t.Errorf("%s runs %s, which the Makefile does not have", name, step.Run)
			}
			if isMake || step.Run == ".ci/run" {
				ran++
			}
		}
	}
	if ran < len(workflow.Jobs) || ran == 0 {
		t.Errorf("%d of %d jobs run a target or .ci/run", ran, len(workflow.Jobs))
	}
}
