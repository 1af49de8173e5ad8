package definition_test

import (
	"strings"
	"testing"

	"loadlab/experiments/definition"
)

const faulty = `name: faulty
title: Faulty
question: Is it?
hypothesis: It is.
repeats: 1
steps:
  - name: one
    target: "GET {iobound}/io/wait?ms=200"
    loop: batch
    counts: [1]
    faults:
      - {service: iobound, kind: errors, value: 0.5, statuses: [500, 503], on: 1s, off: 2s, seed: 0, route: /io/wait, duration: 5s}
      - {service: iobound, kind: latency, distribution: normal, value: 20, deviation: 5, min: 0, max: 40, share: 0.5, duration: 5s}
      - {service: iobound, kind: latency, distribution: pareto, value: 20, shape: 1.5, duration: 5s}
      - {service: iobound, kind: truncate, value: 0, after: 1s, duration: 5s}
      - {service: iobound, kind: stall, duration: 5s}
checks:
  - {name: it is, value: one.wall, min: "0"}
explanation: It is.
`

func TestFaultsHaveTheirParameters(t *testing.T) {
	d, err := definition.Parse("faulty.yaml", []byte(faulty))
	if err != nil {
		t.Fatal(err)
	}
	want := []string{
		"kind=errors&off=2s&on=1s&route=%2Fio%2Fwait&seed=0&statuses=500%2C503&value=0.5",
		"deviation=5&distribution=normal&kind=latency&max=40&min=0&share=0.5&value=20",
		"distribution=pareto&kind=latency&shape=1.5&value=20",
		"kind=truncate&value=0",
		"kind=stall",
	}
	for i := range d.Steps[0].Faults {
		if got := d.Steps[0].Faults[i].Parameters().Encode(); got != want[i] {
			t.Errorf("fault %d: %s, want %s", i, got, want[i])
		}
	}
	words := d.Describe()[0].What
	for _, part := range []string{
		"fault errors of 0.5 (statuses 500,503, on 1s, off 2s, seed 0, route /io/wait) at iobound after 0s for 5s",
		"fault latency of 20 (distribution pareto, shape 1.5) at iobound", "fault truncate of 0 at iobound after 1s", "fault stall at iobound",
	} {
		if !strings.Contains(words, part) {
			t.Errorf("%q is not in %q", part, words)
		}
	}
}
