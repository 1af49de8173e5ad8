package cli

// Commands in addition to a run.
const (
	reportCommand     = "report"
	compareCommand    = "compare"
	checkCommand      = "check"
	completionCommand = "completion"
	manCommand        = "man"
	helpCommand       = "help"
)

// A subcommand is a word with which a command line may begin.
type subcommand struct{ name, brief string }

func commands() []subcommand {
	return []subcommand{
		{reportCommand, "merge or compare the reports of several generators"},
		{compareCommand, "judge whether a run is worse than its baseline"},
		{checkCommand, "name every fault of scenario files"},
		{completionCommand, "print a completion script for bash, zsh or fish"},
		{manCommand, "print the manual page in troff"},
		{helpCommand, "print the most used flags, or all of them"},
	}
}

func commandNames() []string {
	var names []string
	for _, c := range commands() {
		names = append(names, c.name)
	}
	return names
}
