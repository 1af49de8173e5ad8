// Package translate reads targets out of what other tools write.
package translate

import (
	"errors"
	"fmt"
	"strings"

	"mvdan.cc/sh/v3/expand"
	"mvdan.cc/sh/v3/syntax"
)

// maxText bounds what is read as commands, in bytes.
const maxText = 4 << 20

// Commands returns the words of each command in text, with quotes as a shell reads them. What only a shell can do, such as variables and pipes, is an
// error.
func Commands(text string) ([][]string, error) {
	if len(text) > maxText {
		return nil, fmt.Errorf("%d bytes of commands, more than %d", len(text), maxText)
	}
	file, err := syntax.NewParser().Parse(strings.NewReader(strings.ReplaceAll(text, "\r\n", "\n")), "")
	if err != nil {
		return nil, err
	}
	var all [][]string
	for _, statement := range file.Stmts {
		words, err := simple(statement)
		if err != nil {
			return nil, fmt.Errorf("line %d: %w", statement.Pos().Line(), err)
		}
		all = append(all, words)
	}
	return all, nil
}

func simple(s *syntax.Stmt) ([]string, error) {
	call, ok := s.Cmd.(*syntax.CallExpr)
	if !ok || len(call.Assigns) > 0 || len(s.Redirs) > 0 || s.Negated || s.Background || s.Coprocess {
		return nil, errors.New("not one command alone; leave out pipes, redirections, variables and &, and quote what is in the URL")
	}
	var words []string
	for _, word := range call.Args {
		if err := literal(word); err != nil {
			return nil, err
		}
		text, err := expand.Literal(nil, word)
		if err != nil {
			return nil, err
		}
		words = append(words, text)
	}
	return words, nil
}

// literal returns an error if the word depends on anything but its text.
func literal(word *syntax.Word) (err error) {
	syntax.Walk(word, func(node syntax.Node) bool {
		switch node.(type) {
		case *syntax.ParamExp, *syntax.CmdSubst, *syntax.ArithmExp, *syntax.ProcSubst, *syntax.ExtGlob:
			err = errors.New("variables and substitutions are not known here; put single quotes around the word")
		}
		return err == nil
	})
	return err
}
