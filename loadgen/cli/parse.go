package cli

import (
	"errors"
	"io"
	"slices"
	"strings"

	"github.com/spf13/pflag"

	"loadlab/internal/env"
)

// arguments is what a command line says.
type arguments struct {
	values  map[string]string // by variable
	flags   map[string]string // the flag that gave each value, as a message names it
	own     map[string]string // values of options without a variable, by option
	headers []string
	rest    []string // what is no flag
	wrong   []env.Problem
}

// has reports whether an option without a value is given.
func (a *arguments) has(option string) bool {
	_, ok := a.own[option]
	return ok
}

// A parser reads the arguments one by one, so that every problem is found at once.
type parser struct {
	options []option
	set     *pflag.FlagSet
	out     arguments
}

// An assignment is a flag as pflag sees it: it notes what it is set to.
type assignment struct {
	option *option
	to     *parser
}

func (assignment) String() string          { return "" }
func (assignment) Type() string            { return "value" }
func (a assignment) Set(text string) error { a.to.assign(a.option, text); return nil }

// parseArguments reads flags in the notations of POSIX (-c 10, -c10), of GNU (--rate 5, --rate=5) and of
// Go (-rate 5). A flag that is not known is reported with the one that is nearest.
func parseArguments(args []string, table []option) arguments {
	p := newParser(table)
	for len(args) > 0 {
		args = p.next(args)
	}
	return p.out
}

func newParser(table []option) *parser {
	p := &parser{options: table, set: pflag.NewFlagSet(program, pflag.ContinueOnError)}
	p.out = arguments{values: map[string]string{}, flags: map[string]string{}, own: map[string]string{}}
	p.set.SetOutput(io.Discard)
	p.set.Usage = func() {}
	for name, former := range formerNames {
		p.options = append(slices.Clip(p.options), option{name: flagName(former), value: "VALUE", variable: former, help: "former name of --" + flagName(name)})
	}
	for i := range p.options {
		o := &p.options[i]
		flag := p.set.VarPF(assignment{o, p}, o.name, o.short, o.brief)
		if o.value == "" {
			flag.NoOptDefVal = "true"
		}
	}
	return p
}

// next reads the first argument, with the one after it if that is its value, and returns those that are left.
func (p *parser) next(args []string) []string {
	first, rest := args[0], args[1:]
	switch {
	case first == "--":
		p.out.rest = append(p.out.rest, rest...)
		return nil
	case first == "-" || !strings.HasPrefix(first, "-"):
		p.out.rest = append(p.out.rest, first)
		return rest
	}
	first = p.doubled(first)
	if hint := p.mistyped(first); hint != "" {
		p.refuse(first, hint)
		return skipValue(rest)
	}
	if p.truth(first) && len(rest) > 0 && (rest[0] == "true" || rest[0] == "false") {
		first, rest = first+"="+rest[0], rest[1:] // --keepalive false
	}
	err := p.set.Parse([]string{first})
	var needsValue *pflag.ValueRequiredError
	if errors.As(err, &needsValue) && len(rest) > 0 {
		err = p.set.Parse([]string{first, rest[0]})
		rest = rest[1:]
	}
	var unknown *pflag.NotExistError
	switch {
	case err == nil:
	case errors.As(err, &needsValue):
		p.refuse(first, "needs a value")
	case errors.As(err, &unknown):
		word, _, _ := strings.Cut(strings.TrimLeft(first, "-"), "=")
		p.refuse(first, "no such flag; "+didYouMean(word, "--", p.names(), "see loadgen --help"))
		return skipValue(rest)
	default:
		p.refuse(first, err.Error())
	}
	return rest
}

// doubled turns -rate, as Go's programs have it, into --rate.
func (p *parser) doubled(arg string) string {
	word, _, _ := strings.Cut(arg[1:], "=")
	if len(word) > 1 && slices.Contains(p.names(), word) {
		return "-" + arg
	}
	return arg
}

// mistyped is a hint if an argument with one hyphen is a word: -duratoin would else be the body "uratoin", -d30s,
// which is a duration for wrk, the body "30s", and -h2, which chooses HTTP/2 for hey, a request for help.
func (p *parser) mistyped(arg string) string {
	word, _, _ := strings.Cut(arg[1:], "=")
	if strings.HasPrefix(word, "-") || len(word) < 2 || strings.Trim(word, "abcdefghijklmnopqrstuvwxyz0123456789-") != "" {
		return ""
	}
	if name := nearest(word, p.names()); name != "" && len(word) >= 5 && strings.Trim(word, "0123456789") == word {
		return "no such flag; did you mean --" + name + "?"
	}
	switch word[0] {
	case 'd':
		return "no such flag; write a body after a space, as -d '" + word[1:] + "'"
	case 'h':
		return "no such flag; see loadgen --help"
	}
	return ""
}

// truth reports whether arg is the flag of a variable that is true or false.
func (p *parser) truth(arg string) bool {
	return slices.ContainsFunc(p.options, func(o option) bool { return o.truth && arg == "--"+o.name })
}

func (p *parser) names() []string {
	names := make([]string, len(p.options))
	for i := range p.options {
		names[i] = p.options[i].name
	}
	return names
}

func (p *parser) refuse(arg, reason string) {
	name, _, _ := strings.Cut(arg, "=")
	p.out.wrong = append(p.out.wrong, env.Problem{Variable: name, Reason: reason})
}

// skipValue leaves out what may be the value of a flag that is not known.
func skipValue(args []string) []string {
	if len(args) > 0 && !strings.HasPrefix(args[0], "-") && !isURL(args[0]) {
		return args[1:]
	}
	return args
}

// assign notes the value of an option.
func (p *parser) assign(o *option, value string) {
	variable := o.variable
	switch o.name {
	case headerOption:
		p.out.headers = append(p.out.headers, value)
		return
	case bodyFileOption:
		variable, value = "LOADGEN_BODY", "@"+value
	case noKeepAliveOption:
		if value != "true" && value != "false" {
			p.refuse("--"+o.name, "takes no value")
			return
		}
		variable, value = "LOADGEN_KEEPALIVE", map[string]string{"true": "false", "false": "true"}[value]
	}
	values, key := p.out.values, variable
	if variable == "" {
		values, key = p.out.own, o.name
	}
	if _, twice := values[key]; twice {
		p.refuse("--"+o.name, "given twice")
	}
	values[key] = value
	p.out.flags[key] = "--" + o.name
}

// fields are the headers of the command line. A header that two flags give is refused, since a server may
// take either of them.
func (a *arguments) fields() []string {
	fields := a.headers
	for _, field := range []struct{ option, header string }{{contentTypeOption, "Content-Type"}, {acceptOption, "Accept"}} {
		if value, ok := a.own[field.option]; ok {
			if slices.ContainsFunc(a.headers, func(h string) bool { return hasName(h, field.header) }) {
				a.wrong = append(a.wrong, env.Problem{Variable: "--" + field.option, Value: value, Reason: "--" + headerOption + " sets " + field.header + " too; give one of them"})
			}
			fields = append(fields, field.header+": "+value)
		}
	}
	return fields
}

// hasName reports whether a header, Name: value, has this name.
func hasName(header, name string) bool {
	own, _, _ := strings.Cut(header, ":")
	return strings.EqualFold(strings.TrimSpace(own), name)
}

// named has the flags in the place of the variables that they set.
func (a *arguments) named(err error) error {
	var wrong *env.Error
	if !errors.As(err, &wrong) {
		return err
	}
	for i := range wrong.Problems {
		if flag := a.flags[wrong.Problems[i].Variable]; flag != "" {
			wrong.Problems[i].Variable = flag
		}
	}
	return wrong
}
