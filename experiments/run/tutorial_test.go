package run_test

import (
	"bytes"
	"context"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"

	"loadlab/experiments/definition"
	"loadlab/experiments/result"
	"loadlab/experiments/run"
	"loadlab/internal/testkit"
)

// services starts the two services of the tutorial.
func services(t *testing.T) definition.Env {
	t.Helper()
	testkit.RequireQuiet(t)
	io := testkit.Start(t, "iobound")
	cpu := testkit.Start(t, "cpubound", "COMPUTE_SLOTS=1")
	return definition.Env{Services: map[string]definition.Service{
		"iobound":  {URL: io.URL, Admin: io.AdminURL},
		"cpubound": {URL: cpu.URL, Admin: cpu.AdminURL},
	}}
}

func measure(t *testing.T, d *definition.Definition, e definition.Env, o run.Options) *result.Result {
	t.Helper()
	r, err := run.Experiment(t.Context(), d, e, o)
	if err != nil {
		t.Fatal(err)
	}
	var text bytes.Buffer
	r.WriteText(&text, result.Text{Rounds: true})
	t.Log(text.String())
	return r
}

func catalogued(t *testing.T, name string, edits ...string) *definition.Definition {
	t.Helper()
	data, err := os.ReadFile("../catalog/" + name + ".yaml")
	if err != nil {
		t.Fatal(err)
	}
	text := strings.NewReplacer(edits...).Replace(string(data))
	if len(edits) > 0 && text == string(data) {
		t.Fatal("the edits change nothing")
	}
	d, err := definition.Parse(name, []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func TestTutorialHolds(t *testing.T) {
	e := services(t)
	for _, name := range []string{"tutorial-io", "tutorial-cpu", "tutorial-blocking"} {
		t.Run(name, func(t *testing.T) {
			var answers []string
			for range 3 { // another process can disturb a run, but hardly three of them
				r := measure(t, catalogued(t, name), e, run.Options{})
				if r.Verdict == result.Holds {
					return
				}
				answers = append(answers, r.Answer())
			}
			t.Errorf("it never held: %q", answers)
		})
	}
}

// TestTutorialSpoiled takes the cause away, or assumes something else.
func TestTutorialSpoiled(t *testing.T) {
	e := services(t)
	const waiting, computing = "services:\n  iobound: {}\n", "services:\n  cpubound: {settings: {COMPUTE_SLOTS: \"1\"}}\n"
	const need = "    metric: lab_compute_cores\n    equals: cores\n"
	for _, row := range []struct {
		name, experiment string
		edits            []string
		given            map[string]float64
		want             result.Verdict
	}{
		{name: "waits that compute", experiment: "tutorial-io", edits: []string{waiting, "", "{iobound}/io/wait?ms=200", "{cpubound}/cpu/spin?ms=20"}, want: result.DoesNotHold},
		{name: "cores assumed double", experiment: "tutorial-cpu", edits: []string{need, ""}, given: map[string]float64{"cores": 2}, want: result.DoesNotHold},
		{name: "cores that the service has not", experiment: "tutorial-cpu", given: map[string]float64{"cores": 2}, want: result.Invalid},
		{name: "computations that wait", experiment: "tutorial-cpu", edits: []string{computing, "", "{cpubound}/cpu/spin", "{iobound}/io/wait"}, want: result.DoesNotHold},
		{name: "nothing blocks", experiment: "tutorial-blocking", edits: []string{"&blocking=true", ""}, want: result.DoesNotHold},
	} {
		t.Run(row.name, func(t *testing.T) {
			d := catalogued(t, row.experiment, row.edits...)
			if r := measure(t, d, e, run.Options{Given: row.given, Quick: true}); r.Verdict != row.want {
				t.Errorf("%s, want %s: %s", r.Verdict, row.want, r.Answer())
			}
		})
	}
}

func TestUnreachableServiceIsNoVerdict(t *testing.T) {
	e := definition.Env{Services: map[string]definition.Service{"iobound": {URL: "http://127.0.0.1:1"}}}
	if r, err := run.Experiment(t.Context(), catalogued(t, "tutorial-io"), e, run.Options{}); err == nil {
		t.Errorf("verdict %s without a service", r.Verdict)
	}
}

// TestMissingAdminAddressIsNoVerdict has a service without an admin address where one is a target.
func TestMissingAdminAddressIsNoVerdict(t *testing.T) {
	server := httptest.NewServer(http.NotFoundHandler())
	defer server.Close()
	d := catalogued(t, "tutorial-io", "{iobound}/io/wait?ms=200", "{iobound.admin}/metrics")
	e := definition.Env{Services: map[string]definition.Service{"iobound": {URL: server.URL}}}
	if _, err := run.Experiment(t.Context(), d, e, run.Options{}); err == nil || !strings.Contains(err.Error(), "iobound: it has no admin address") {
		t.Errorf("error %v, want the missing address", err)
	}
}

func TestUnmetNeedIsInvalid(t *testing.T) {
	r := measure(t, catalogued(t, "tutorial-cpu"), definition.Env{}, run.Options{})
	if r.Verdict != result.Invalid || len(r.Rounds) != 0 || !strings.Contains(r.Answer(), "COMPUTE_SLOTS") {
		t.Errorf("%s after %d rounds: %s", r.Verdict, len(r.Rounds), r.Answer())
	}
}

func TestInterruptedRunIsIncomplete(t *testing.T) {
	e := services(t)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	loads := 0
	r, err := run.Experiment(ctx, catalogued(t, "tutorial-io"), e, run.Options{Report: func(e run.Event) {
		if e.Next != nil {
			if loads++; loads == 4 {
				cancel()
			}
		}
	}})
	if err != nil || r.Verdict != result.Incomplete || len(r.Rounds) != 2 || len(r.Rounds[0].Points) != 2 {
		t.Errorf("result %+v, %v", r, err)
	}
}
