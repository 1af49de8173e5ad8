package cli

import (
	"cmp"
	"strings"

	"loadlab/internal/env"
)

// An option is a flag of the command line. Help, the manual page, completions and the parser read this table alone.
type option struct {
	name, short string // without hyphens; short may be empty
	value       string // placeholder of its value; empty if it takes none
	group       string
	brief       string // for the first page of the help, where it is not listed if this is empty
	help        string
	variable    string // that it sets; empty if it has none
	def         string
	allowed     string
	oneOf       []string
	truth       bool // a variable that is true or false: the flag alone means true
	repeats     bool
}

// Groups of options, in the order in which they are shown.
const otherGroup = "Other"

func groups() []string {
	return []string{"Load", "Requests", "Connections", "Results", "Steering", otherGroup}
}

// newOption is the option of a variable: its tags short, value, group and brief are about the flag.
func newOption(v env.Var) option {
	o := option{
		name: flagName(v.Name), short: v.Tag.Get("short"), value: cmp.Or(v.Tag.Get("value"), "VALUE"), group: cmp.Or(v.Tag.Get("group"), otherGroup),
		brief: v.Tag.Get("brief"), help: v.Help, variable: v.Name, def: v.Default, allowed: v.Allowed(), oneOf: v.OneOf, truth: v.Truth,
	}
	if v.Unit != "" {
		o.help += ", in " + v.Unit
	}
	if o.truth {
		o.value = ""
	}
	return o
}

// Options without a variable of their own.
const (
	headerOption      = "header"
	bodyFileOption    = "body-file"
	contentTypeOption = "content-type"
	acceptOption      = "accept"
	noKeepAliveOption = "disable-keepalive"
	helpOption        = "help"
	versionOption     = "version"
	healthOption      = "healthcheck"
)

func ownOptions() []option {
	return []option{
		{name: headerOption, short: "H", value: "HEADER", group: "Requests", brief: "'Name: value', sent as written; repeatable", repeats: true,
			help: "header field, as 'Name: value'; its value is sent as it is written, whatever characters it has; may be given several times, and outranks LOADGEN_HEADERS"},
		{name: bodyFileOption, short: "D", value: "FILE", group: "Requests", help: "file with the body of the requests to URLs: -D FILE is -d @FILE"},
		{name: contentTypeOption, short: "T", value: "TYPE", group: "Requests", brief: "Content-Type of the body", help: "header Content-Type"},
		{name: acceptOption, short: "A", value: "TYPES", group: "Requests", help: "header Accept"},
		{name: noKeepAliveOption, group: "Requests", help: "open a connection for every request: --keepalive=false"},
		{name: helpOption, short: "h", group: otherGroup, help: "print the most used flags; --help all prints all of them"},
		{name: versionOption, group: otherGroup, help: "print the version"},
		{name: healthOption, group: otherGroup, help: "ask the generator of the same environment whether it is alive"},
	}
}

// options is the table of all flags: those of the variables in order of their declaration, then the others.
func options() ([]option, error) {
	vars, err := declared()
	if err != nil {
		return nil, err
	}
	var all []option
	for _, v := range vars {
		all = append(all, newOption(v))
	}
	return append(all, ownOptions()...), nil
}

// title is how messages name an option: its flags.
func (o *option) title() string {
	if o.short == "" {
		return "--" + o.name
	}
	return "-" + o.short + ", --" + o.name
}

// describe says what the option does, and what it takes.
func (o *option) describe() string {
	text := o.help
	var notes []string
	if o.def != "" {
		notes = append(notes, "default "+o.def)
	}
	if o.allowed != "" {
		notes = append(notes, o.allowed)
	}
	if len(notes) > 0 {
		text += " (" + strings.Join(notes, "; ") + ")"
	}
	return text
}
