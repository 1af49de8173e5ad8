package loadlab_test

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// blocks are the numbers of decisions by area: each block begins at its first
// number and ends before the next one.
var blocks = []struct {
	first int
	area  string
}{
	{1, "Services"}, {10, "items"}, {14, "Gateway"}, {20, "Load generator"}, {30, "Benchmarks"}, {40, "Containers"},
	{50, "Dashboards and metrics"}, {60, "The lab without containers"}, {70, "Console"}, {80, "Experiments"}, {90, "Several areas"},
}

type decision struct {
	number            int
	file, title, note string
}

var (
	decisionName  = regexp.MustCompile(`^(\d{4})-[a-z0-9-]+\.md$`)
	decisionTitle = regexp.MustCompile(`^# (\d+)\. (.+)\n`)
	// What follows "accepted" says which later decision replaced a part.
	decisionStatus = regexp.MustCompile(`(?m)^Status: accepted\.(?: (.+))?$`)
)

// TestDecisionsAreDocumented compares docs/adr/README.md with the titles of the decisions.
func TestDecisionsAreDocumented(t *testing.T) {
	compareWithFile(t, "docs/adr/README.md", decisionIndex(decisions(t)))
}

// decisions returns them in the order of their numbers.
func decisions(t *testing.T) []decision {
	t.Helper()
	files, err := filepath.Glob("docs/adr/*.md") // sorted
	if err != nil {
		t.Fatal(err)
	}
	var all []decision
	for _, file := range files {
		name := filepath.Base(file)
		if name == "README.md" {
			continue
		}
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		number, title, status := decisionName.FindStringSubmatch(name), decisionTitle.FindSubmatch(text), decisionStatus.FindSubmatch(text)
		if number == nil || title == nil || status == nil {
			t.Fatalf("%s must be named 0001-words.md, begin with \"# 1. Title\" and have a line \"Status: accepted.\"", file)
		}
		n, _ := strconv.Atoi(number[1])
		if string(title[1]) != strconv.Itoa(n) {
			t.Errorf("%s has the number %s in its title", file, title[1])
		}
		if len(all) > 0 && all[len(all)-1].number == n {
			t.Errorf("%s and %s have the same number", all[len(all)-1].file, name)
		}
		all = append(all, decision{n, name, string(title[2]), string(status[1])})
	}
	return all
}

func decisionIndex(all []decision) []byte {
	var page bytes.Buffer
	page.WriteString("# Decisions\n\nGenerated from the titles by `make generate`.\n\n" +
		"Each record says what was decided, why, and at what cost. A record stays when a later one replaces it, and names it.\n\n" +
		"Each area has a block of numbers, because the areas were written at the same time on separate branches. Numbers that a block\n" +
		"did not need are listed as not used; no record has been removed.\n")
	next := 1
	for i, block := range blocks {
		end := all[len(all)-1].number + 1
		if i+1 < len(blocks) {
			end = blocks[i+1].first
		}
		fmt.Fprintf(&page, "\n## %s\n\n", block.area)
		var unused []string
		for _, d := range all {
			if d.number < block.first || d.number >= end {
				continue
			}
			unused = append(unused, span(next, d.number)...)
			fmt.Fprintf(&page, "- [%d. %s](%s)", d.number, d.title, d.file)
			if d.note != "" {
				page.WriteString("\n  " + d.note)
			}
			page.WriteString("\n")
			next = d.number + 1
		}
		unused = append(unused, span(next, end)...)
		next = end
		if len(unused) > 0 {
			fmt.Fprintf(&page, "\nNot used: %s.\n", strings.Join(unused, ", "))
		}
	}
	return page.Bytes()
}

// span writes the numbers from first up to before end, if there are any.
func span(first, end int) []string {
	switch end - first {
	case 0:
		return nil
	case 1:
		return []string{strconv.Itoa(first)}
	default:
		return []string{fmt.Sprintf("%d to %d", first, end-1)}
	}
}
