package cli

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"loadlab/internal/env"
)

// Shells are those for which there is a completion script.
func Shells() []string { return []string{"bash", "zsh", "fish"} }

// WriteCompletion writes the script for a shell. It asks the command itself what may follow, so
// that it never is of another version.
func WriteCompletion(w io.Writer, shell string) error {
	root, err := completer()
	if err != nil {
		return err
	}
	switch shell {
	case "bash":
		return root.GenBashCompletionV2(w, true)
	case "zsh":
		return root.GenZshCompletion(w)
	case "fish":
		return root.GenFishCompletion(w, true)
	}
	return &env.Error{Problems: []env.Problem{{Variable: "completion", Value: shell, Reason: "not a shell with a script (allowed: one of " + strings.Join(Shells(), ", ") + ")"}}}
}

// complete answers a completion script.
func (c Command) complete() error {
	root, err := completer()
	if err != nil {
		return err
	}
	root.SetArgs(c.Args)
	root.SetOut(c.Stdout)
	root.SetErr(io.Discard) // a note for those who debug scripts
	return root.Execute()
}

// asksForCompletion reports whether a script asks what may follow.
func asksForCompletion(arg string) bool {
	return arg == cobra.ShellCompRequestCmd || arg == cobra.ShellCompNoDescRequestCmd
}

// completer has the commands and flags for completion alone: this package reads the command line, so that every
// problem is reported at once.
func completer() (*cobra.Command, error) {
	table, err := options()
	if err != nil {
		return nil, err
	}
	noFiles := func(*cobra.Command, []string, string) ([]cobra.Completion, cobra.ShellCompDirective) {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	root := &cobra.Command{Use: program + " [FLAG]... URL...", Short: "offer load to HTTP servers", ValidArgsFunction: noFiles, Run: func(*cobra.Command, []string) {}}
	root.CompletionOptions.DisableDefaultCmd = true
	root.SetHelpCommand(&cobra.Command{Hidden: true})
	for _, o := range newParser(table).options {
		if strings.HasPrefix(o.help, "former name") {
			continue
		}
		if o.value == "" {
			root.Flags().BoolP(o.name, o.short, false, o.help)
			continue
		}
		root.Flags().StringArrayP(o.name, o.short, nil, o.help)
		values := noFiles
		switch {
		case len(o.oneOf) > 0:
			values = cobra.FixedCompletions(o.oneOf, cobra.ShellCompDirectiveNoFileComp)
		case o.value == "FILE" || o.value == "FOLDER":
			continue // the shell knows files
		}
		if err := root.RegisterFlagCompletionFunc(o.name, values); err != nil {
			return nil, fmt.Errorf("declare completion: %w", err)
		}
	}
	for _, command := range commands() {
		child := &cobra.Command{Use: command.name, Short: command.brief, Run: func(*cobra.Command, []string) {}}
		switch command.name {
		case completionCommand:
			child.ValidArgs, child.ValidArgsFunction = slices.Clone(Shells()), nil
		case reportCommand:
			child.Flags().Bool("compare", false, "compare two reports")
		case compareCommand:
			child.Flags().String(strings.TrimPrefix(toleranceFlag, "--"), "", "change of a time or a rate that does not matter, as 5%")
			child.Flags().String(strings.TrimPrefix(errorToleranceFlag, "--"), "", "change of a share that does not matter, as 0.1%")
		case checkCommand:
			child.Flags().Bool(strings.TrimPrefix(schemaFlag, "--"), false, "print the JSON Schema of scenario files")
		}
		root.AddCommand(child)
	}
	return root, nil
}
