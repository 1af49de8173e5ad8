// Package readme finds the commands that README.md prints, so that tests can run
// them as a reader would.
package readme

import (
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"
)

var (
	// A command is in an indented block, before a comment, or between backticks.
	blockLine = regexp.MustCompile(`(?m)^ {4,}(.+?)(?: {2,}#.*)?$`)
	codeSpan  = regexp.MustCompile("`([^`\n]+)`")
	program   = regexp.MustCompile(`^(?:[A-Z_]+=(?:'[^']*'|\S*) )*(?:docker compose|go|make) `)
)

// Text reads README.md from the root of the repository.
func Text(root string) (string, error) {
	text, err := os.ReadFile(root + "/README.md")
	if err != nil {
		return "", fmt.Errorf("read the README: %w", err)
	}
	return string(text), nil
}

// Commands are the commands in the text, each once, in the order of their first use.
func Commands(text string) []string {
	var found []string
	for _, pattern := range []*regexp.Regexp{blockLine, codeSpan} {
		for _, match := range pattern.FindAllStringSubmatch(text, -1) {
			command := strings.TrimSpace(match[1])
			if program.MatchString(command) && !slices.Contains(found, command) {
				found = append(found, command)
			}
		}
	}
	return found
}

// OfCompose reports whether a command needs containers.
func OfCompose(command string) bool { return strings.Contains(command, "docker compose") }

var word = regexp.MustCompile(`(?:'[^']*'|[^\s'])+`)

// Words splits a command as a shell does, and returns the variables before it apart.
// A & at the end is left out.
func Words(command string) (variables map[string]string, words []string) {
	variables = map[string]string{}
	for _, w := range word.FindAllString(strings.TrimSuffix(command, "&"), -1) {
		w = strings.ReplaceAll(w, "'", "")
		name, value, assigned := strings.Cut(w, "=")
		if assigned && len(words) == 0 {
			variables[name] = value
			continue
		}
		words = append(words, w)
	}
	return variables, words
}
