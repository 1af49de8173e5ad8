package check_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"loadlab/loadgen/check"
	"loadlab/loadgen/plan"
)

func flags() []string { return []string{"duration", "rate", "timeout"} }

func noFile(name string) (string, error) { return "", errors.New("no file " + name) }

// faults are those of a text, as line:column and reason.
func faults(text string) []string {
	var all []string
	for _, f := range check.Read([]byte(text), flags(), noFile).Faults {
		all = append(all, fmt.Sprintf("%d:%d: %s", f.Line, f.Column, f.Reason))
	}
	return all
}

func TestFaults(t *testing.T) {
	const target = "\n    targets: [{url: \"http://127.0.0.1:1/\"}]\n"
	for _, row := range []struct {
		name, text string
		want       []string // beginnings
	}{
		{"none", "name: a\nphases:\n  - rate: 5" + target, nil},
		{"everything at once", "nam: a\ndefaults: {speed: 1}\nphases:\n  - rate: x\n    loop: round\n    targets:\n      - {weight: 1.5, method: get, url: nowhere}\n", []string{
			`1:1: unknown key "nam"; allowed: name, repeat, defaults, phases`, "1:1: scenario: name is missing", `2:12: defaults: "speed" is no variable of the load generator; allowed: duration, rate, timeout`,
			`4:11: phases[0].rate: "x" is not a number`, `5:11: phases[0].loop: "round" is not one of open, closed, batch`,
			`7:18: phases[0].targets[0].weight: "1.5" is not a whole number`, `7:31: phases[0].targets[0].method: "get" is not one of GET,`, `7:41: phases[0].targets[0].url: "nowhere" is not http://`,
		}},
		{"bounds", "name: a\nphases:\n  - rate: 1000001\n    concurrency: 0" + target, []string{`3:11: phases[0].rate: "1000001" is not 0 to 1000000`, `4:18: phases[0].concurrency: "0" is not 1 to 20000`}},
		{"durations", "name: a\nphases:\n  - duration: 10\n    think: 5 s\n    stages: 5s" + target, []string{`3:15: phases[0].duration: "10" is not a duration such as 10s`, `4:12: phases[0].think`, `5:13: phases[0].stages: "5s" cannot be used: stage "5s" is not duration:rate`}},
		{"kinds of values", "name: [a]\nrepeat: 1\nphases:\n  - targets: {url: a}\n", []string{"1:7: name must be a single value", `2:9: repeat: "1" is neither true nor false`, "4:14: phases[0].targets must be a list"}},
		{"a target", "name: a\nphases:\n  - targets:\n      - url: http://127.0.0.1:x/\n        headers: {Connection: close}\n        body_file: b\n", []string{"4:9: phases[0].targets[0]: target"}},
		{"a body in a file", "name: a\nphases:\n  - targets:\n      - url: http://127.0.0.1/\n        body: \"@a\"\n", []string{"4:9: phases[0].targets[0]: target \"http://127.0.0.1/\": body begins with @"}},
		{"no YAML", "name: a\nphases: [", []string{"2:9:"}},
		{"a key twice", "name: a\nname: b\nphases: []\n", []string{"2:1: mapping key \"name\" already defined"}},
		{"nothing", "", []string{"1:1: the file is empty"}},
		{"no phase", "name: a\nphases: []\n", []string{"1:1: it has 0 phases"}},
		{"a list", "- a\n", []string{"1:1: scenario must be a mapping", "1:1: scenario: name is missing", "1:1: scenario: phases is missing"}},
		{"anchors", "name: a\nphases:\n  - &x {rate: 1, loop: ring, targets: [{url: \"http://127.0.0.1/\"}]}\n  - <<: *x\n    rate: y\n", []string{`3:24: phases[0].loop: "ring"`, `3:24: phases[1].loop: "ring"`, `5:11: phases[1].rate`}},
		{"too long", strings.Repeat("#", plan.MaxScenario+1), []string{"1:1: the file has"}},
	} {
		t.Run(row.name, func(t *testing.T) {
			got := faults(row.text)
			if !slices.EqualFunc(got, row.want, strings.HasPrefix) {
				t.Errorf("faults\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(row.want, "\n"))
			}
		})
	}
}

// FuzzRead: what the reader of a run takes has no fault in its form, and what it refuses has one.
func FuzzRead(f *testing.F) {
	examples, err := filepath.Glob("../../examples/*.yaml")
	if err != nil || len(examples) == 0 {
		f.Fatal("no examples", err)
	}
	for _, path := range examples {
		data, err := os.ReadFile(path)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(string(data))
	}
	for _, text := range []string{"name: a\nphases: [{targets: [{}]}]", "name: 1\nphases: [{rate: 0x10, warmup: 0, targets: [{name: ~}]}]", "a: &a [*a]", "? [a]\n: b", "name: !!str 5", "{}", "name: a\nphases: [1]", "%"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		file := check.Read([]byte(text), flags(), noFile)
		s, err := plan.ParseScenario([]byte(text))
		if err != nil {
			if len(file.Faults) == 0 {
				t.Errorf("no fault, but: %v", err)
			}
			return
		}
		for flag := range s.Defaults {
			if !slices.Contains(flags(), flag) {
				return
			}
		}
		if _, err := s.Plan(plan.Phase{}, func(string) bool { return false }, noFile); err == nil && len(file.Faults) > 0 && !bounded(file.Faults) {
			t.Errorf("the file can be read, but has the faults %v", file.Faults)
		}
	})
}

// bounded reports whether a fault is a value that the plan's own check refuses, which ran for neither.
func bounded(faults []check.Fault) bool {
	return slices.ContainsFunc(faults, func(f check.Fault) bool { return strings.Contains(f.Reason, " is not ") })
}
