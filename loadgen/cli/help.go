package cli

import (
	"bytes"
	"cmp"
	"fmt"
	"io"
	"slices"
	"strings"

	"loadlab/internal/env"
	"loadlab/internal/exitcode"
	"loadlab/internal/textwrap"
)

const usage = `loadgen [FLAG]... URL...        load for 10 s, 10 requests at a time
loadgen [FLAG]... [TARGET]...   a target: '[weight*][METHOD] URL [body]'
loadgen report|compare|check FILE...
`

const usageOfAll = `loadgen offers load to HTTP servers and measures what became of every request.

` + usage + `
loadgen report a.json b.json ...   merge the reports of several generators
loadgen report --compare a.json b.json
loadgen compare [--tolerance 5%] [--error-tolerance 0.1%] baseline.json now.json
                                   judge whether a run is worse than its baseline
loadgen check scenario.yaml ...    name every fault of scenario files
loadgen check --schema             print their JSON Schema
loadgen completion bash|zsh|fish   a script for the shell
loadgen man                        the manual page

A signal ends the plan, waits for requests in flight, then reports; a second one does not wait.
Precedence: flag, environment, scenario file, default.
Experiments are commands of the console and of the lab.
`

// showHelp prints the page that topic names: all, or none for the flags that are used most.
func (c Command) showHelp(topic string) error {
	table, err := options()
	if err != nil {
		return err
	}
	var page bytes.Buffer
	switch topic {
	case "":
		writeHelp(&page, table)
	case "all":
		writeHelpAll(&page, table)
	default:
		return &env.Error{Problems: []env.Problem{{Variable: "--help", Value: topic, Reason: "not a page of the help (allowed: all)"}}}
	}
	_, err = page.WriteTo(c.Stdout)
	return err
}

const examples = `Examples  loadgen -c 50 -z 30s http://127.0.0.1:8081/io/wait
          loadgen -q 1000 -d @item.json http://127.0.0.1:8080/items
          loadgen '3*GET http://localhost/a' 'POST http://localhost/b {}'
More      loadgen --help all; flags are variables too: --rate is LOADGEN_RATE
`

// columns of the help: where what a flag does begins.
const briefColumn = 34

// writeHelp fits a terminal of 80 columns and 24 rows.
func writeHelp(w io.Writer, table []option) {
	fmt.Fprint(w, usage)
	for _, group := range groups() {
		title := group
		for i := range table {
			o := &table[i]
			if o.group != group || o.brief == "" {
				continue
			}
			flag := fmt.Sprintf("%-9s %s --%s", title, shortForm(o), o.name)
			fmt.Fprintf(w, "%-*s %s\n", briefColumn, strings.TrimRight(flag+" "+o.value, " "), o.brief)
			title = ""
		}
	}
	fmt.Fprint(w, examples)
}

func shortForm(o *option) string {
	if o.short == "" {
		return "   "
	}
	return "-" + o.short + ","
}

func writeHelpAll(w io.Writer, table []option) {
	fmt.Fprint(w, usageOfAll)
	for _, group := range groups() {
		fmt.Fprintf(w, "\n%s\n", group)
		for _, o := range inGroup(table, group) {
			fmt.Fprintf(w, "  %s\n", strings.TrimRight(shortForm(&o)+" --"+o.name+" "+o.value, " "))
			text := o.describe()
			if o.variable != "" {
				text += " [" + o.variable + "]"
			}
			for line := range textwrap.Lines(text, 70) {
				fmt.Fprintf(w, "          %s\n", line)
			}
		}
	}
	fmt.Fprintln(w)
	exitcode.WriteHelp(w)
}

// inGroup are the options of a group, sorted by name.
func inGroup(table []option, group string) []option {
	var all []option
	for _, o := range table {
		if o.group == group {
			all = append(all, o)
		}
	}
	slices.SortFunc(all, func(a, b option) int { return cmp.Compare(a.name, b.name) })
	return all
}
