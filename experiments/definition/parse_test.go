package definition_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"loadlab/experiments/definition"
)

const valid = `name: sample
title: A sample
question: Is it so?
hypothesis: It is.
given: {wait_s: 0.2}
steps:
  - name: one
    target: "GET {iobound}/io/wait?ms=200"
    loop: batch
    counts: [1]
  - name: sweep
    target: "GET {iobound}/io/wait?ms=200"
    loop: closed
    concurrencies: [1, 2, 4]
    duration: 2s
    warmup: 500ms
figures:
  - {name: ratio, value: one.wall / wait_s}
checks:
  - {name: as one, value: ratio, max: 1.25 * wait_s}
explanation: Because.
`

func TestParseRefuses(t *testing.T) {
	for _, row := range []struct{ name, old, new, want string }{
		{"unknown field", "title: A sample", "titel: A sample", "f.yaml:2:1: unknown field \"titel\""},
		{"not YAML", "given: {wait_s: 0.2}", "given: {wait_s: ", "f.yaml:"},
		{"wrong type", "counts: [1]", "counts: many", "f.yaml:10:13: "},
		{"bad name", "name: sample", "name: A Sample", "f.yaml:1:7: name must be"},
		{"no question", "question: Is it so?", "question: \"\"", "f.yaml:3:11: question is missing"},
		{"unknown loop", "loop: batch", "loop: round", "f.yaml:9:11: loop must be one of batch, closed, open"},
		{"rates of a batch", "counts: [1]", "rates: [1]", "f.yaml:10:12: rates do not go with a loop that is batch, which has counts"},
		{"no load", "counts: [1]", "counts: []", "f.yaml:10:13: counts must have from 1 to 20 entries"},
		{"negative load", "[1, 2, 4]", "[1, -2, 4]", "f.yaml:14:24: concurrencies must be above 0"},
		{"too much load", "[1, 2, 4]", "[1, 2, 30000]", "f.yaml:14:27: concurrencies must be above 0, at most 20000"},
		{"shorter than its warm-up", "duration: 2s", "duration: 500ms", "f.yaml:15:15: duration must be above warmup"},
		{"too long", "duration: 2s", "duration: 1h", "f.yaml:15:15: duration must be from 0s to 2m0s"},
		{"duration of a batch", "counts: [1]", "counts: [1]\n    duration: 1s", "f.yaml:11:15: a batch has neither"},
		{"no target", "target: \"GET {iobound}/io/wait?ms=200\"\n    loop: batch", "loop: batch", "f.yaml:7:"},
		{"a method that is none", "\"GET {iobound}/io/wait?ms=200\"\n    loop: batch", "\"FETCH {iobound}/\"\n    loop: batch", "f.yaml:8:13: "},
		{"a name twice", "name: sweep", "name: one", "f.yaml:11:11: the name \"one\" is taken"},
		{"unknown name in a figure", "one.wall / wait_s", "one.wall / wait", "f.yaml:18:37: unknown name wait"},
		{"unknown field of a point", "one.wall / wait_s", "one.well / wait_s", "f.yaml:18:30: "},
		{"past the end of a sweep", "one.wall / wait_s", "sweep[3].wall", "f.yaml:18:"},
		{"a sweep for a point", "one.wall / wait_s", "sweep.wall", "f.yaml:18:"},
		{"not a number", "one.wall / wait_s", "one.wall > 1", "f.yaml:18:26: "},
		{"half an expression", "one.wall / wait_s", "one.wall /", "f.yaml:18:"},
		{"unknown name in a bound", "1.25 * wait_s", "1.25 * weight", "f.yaml:20:46: unknown name weight"},
		{"check without bound", ", max: 1.25 * wait_s", "", "f.yaml:20:"},
		{"no checks", "checks:\n  - {name: as one, value: ratio, max: 1.25 * wait_s}\n", "", "f.yaml:1:1: checks must have an entry"},
		{"need without its value", "steps:", "needs:\n  - {service: cpubound, setting: one core, metric: m}\nsteps:", "f.yaml:7:"},
		{"need with two values", "steps:", "needs:\n  - {service: cpubound, setting: one core, metric: m, equals: \"1\", min: \"1\"}\nsteps:", "f.yaml:7:5: a need has equals or min, not both"},
		{"need of an unknown constant", "steps:", "needs:\n  - {service: cpubound, setting: one core, metric: m, min: cores}\nsteps:", "unknown name cores"},
		{"service that the lab has not", "steps:", "services: {iobound: {of: disk}}\nsteps:", "f.yaml:6:21: of must be one of gateway"},
		{"service that is used and not started", "steps:", "services: {cpubound: {}}\nsteps:", "the service \"iobound\", which the experiment uses, is missing"},
		{"admin surface of a service that is not started", "steps:", "services: {iobound: {}}\nsteps:\n  - {name: probes, target: \"GET {cpubound.admin}/livez\", loop: batch, counts: [1]}", "the service \"cpubound\", which the experiment uses, is missing"},
		{"an address that services have not", "\"GET {iobound}/io/wait?ms=200\"\n    loop: batch", "\"GET {iobound.url}/\"\n    loop: batch", "f.yaml:8:13: "},
		{"process of nobody", "steps:", "services: {iobound: {with: shared}}\nsteps:", "with must be the name of another"},
		{"process of a guest", "steps:", "services: {iobound: {}, cpubound: {with: iobound}, mixed: {with: cpubound}}\nsteps:", "cpubound is itself with iobound"},
		{"the same service twice in a process", "steps:", "services: {iobound: {}, other: {of: iobound, with: iobound}}\nsteps:", "one process cannot be iobound twice"},
		{"settings of a guest", "steps:", "services: {iobound: {}, cpubound: {with: iobound, settings: {A: b}}}\nsteps:", "they belong to iobound"},
		{"collector in a process", "steps:", "services: {iobound: {}, collector: {with: iobound}}\nsteps:", "a collector shares no process"},
		{"setting that is no variable", "steps:", "services: {iobound: {settings: {gomaxprocs: b}}}\nsteps:", "the setting \"gomaxprocs\" must be upper-case"},
		{"address of nobody", "steps:", "services: {iobound: {settings: {A: \"{mixed}\"}}}\nsteps:", "there is no service \"mixed\""},
		{"fault outside its step", "warmup: 500ms", "warmup: 500ms\n    faults: [{service: iobound, kind: stall, after: 1s, duration: 2s}]", "f.yaml:17:67: a fault must"},
		{"unknown fault", "warmup: 500ms", "warmup: 500ms\n    faults: [{service: iobound, kind: fire, duration: 1s}]", "f.yaml:17:39: kind must be one of"},
		{"parameter of another kind", "warmup: 500ms", "warmup: 500ms\n    faults: [{service: iobound, kind: stall, value: 1, duration: 1s}]", "value is not a parameter of stall, which has"},
		{"distribution without its parameter", "warmup: 500ms", "warmup: 500ms\n    faults: [{service: iobound, kind: latency, distribution: pareto, value: 1, duration: 1s}]", "shape is missing"},
		{"status that no fault has", "warmup: 500ms", "warmup: 500ms\n    faults: [{service: iobound, kind: errors, value: 1, statuses: [200], duration: 1s}]", "f.yaml:17:67: statuses must be one or several"},
		{"more lag than any step may tolerate", "warmup: 500ms", "warmup: 500ms\n    lag: 51ms", "f.yaml:17:10: lag must be from 0s to 50ms"},
		{"plot of a single point", "explanation:", "plot: {step: one, x: n, y: rate}\nexplanation:", "f.yaml:21:14: step must be"},
		{"plot of no field", "explanation:", "plot: {step: sweep, x: m, y: rate}\nexplanation:", "f.yaml:21:"},
	} {
		t.Run(row.name, func(t *testing.T) {
			text := strings.Replace(valid, row.old, row.new, 1)
			if text == valid {
				t.Fatal("the row changes nothing")
			}
			_, err := definition.Parse("f.yaml", []byte(text))
			var wrong *definition.FileError
			if !errors.As(err, &wrong) {
				t.Fatalf("error %v, want a *FileError", err)
			}
			if !strings.Contains(err.Error(), row.want) {
				t.Errorf("error\n%v\nwant\n%s", err, row.want)
			}
		})
	}
}

func TestParseNamesEveryProblem(t *testing.T) {
	text := strings.NewReplacer("loop: batch", "loop: round", "duration: 2s", "duration: 1h").Replace(valid)
	_, err := definition.Parse("f.yaml", []byte(text))
	if err == nil || strings.Count(err.Error(), "f.yaml:") != 2 {
		t.Errorf("error %v, want two problems", err)
	}
}

func TestParseTakesTheValid(t *testing.T) {
	if _, err := definition.Parse("f.yaml", []byte(valid)); err != nil {
		t.Error(err)
	}
}

func FuzzParse(f *testing.F) {
	f.Add([]byte(valid))
	files, _ := filepath.Glob("../catalog/*.yaml")
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		d, err := definition.Parse("f.yaml", data)
		if err == nil {
			if d.Name == "" || len(d.Steps) == 0 || len(d.Checks) == 0 {
				t.Errorf("accepted %+v", d)
			}
			return
		}
		var wrong *definition.FileError
		if !errors.As(err, &wrong) || len(wrong.Problems) == 0 {
			t.Fatalf("error %v", err)
		}
		for _, p := range wrong.Problems {
			if p.Line < 1 || p.Column < 0 || p.What == "" {
				t.Errorf("problem %+v", p)
			}
		}
	})
}
