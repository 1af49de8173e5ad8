package plan_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"loadlab/loadgen/pace"
	"loadlab/loadgen/plan"
)

// usual is the tour as it is without any variable.
func usual() plan.TourConfig {
	return plan.TourConfig{Base: "http://127.0.0.1:8080/", Rate: plan.TourRate, Arrivals: pace.Even, Phase: 30 * time.Second}
}

func TestTour(t *testing.T) {
	for _, row := range []struct {
		name   string
		steady bool
		want   string
		once   string // each name once, in the order of the plan proper
	}{
		{"tour", false, "io cpu mixed items all climb io cpu mixed items all", "climb io cpu mixed items all"},
		{"steady", true, "io cpu mixed items all io cpu mixed items all", "io cpu mixed items all"},
	} {
		t.Run(row.name, func(t *testing.T) {
			cfg := usual()
			cfg.Steady = row.steady
			tour, err := plan.Tour(cfg)
			if err != nil {
				t.Fatal(err)
			}
			if err := tour.Check(); err != nil {
				t.Error(err)
			}
			var names []string
			for _, p := range tour.Phases {
				names = append(names, p.Name)
				if p.Once != (len(names) <= 5) || p.Once != (p.Length() == 3*time.Second) {
					t.Errorf("phase %d: once %t, %v long", len(names), p.Once, p.Length())
				}
				if p.Name == "cpu" && p.Rate*0.010 != 0.5 {
					t.Errorf("the phase cpu keeps %v of a core busy, want a half", p.Rate*0.010)
				}
			}
			if got := strings.Join(tour.PhaseNames(), " "); got != row.once {
				t.Errorf("the names of the phases are %s, want %s", got, row.once)
			}
			if got := strings.Join(names, " "); got != row.want || !tour.Repeat || tour.Name != row.name {
				t.Errorf("%s has the phases %s, repeated %v; want %s", tour.Name, got, tour.Repeat, row.want)
			}
		})
	}
}

func TestAPlanWithNothingToRepeatIsRefused(t *testing.T) {
	tour, err := plan.Tour(usual())
	if err != nil {
		t.Fatal(err)
	}
	tour.Phases = tour.Phases[:5]
	if err := tour.Check(); err == nil || !strings.Contains(err.Error(), "more than once") {
		t.Errorf("error %v", err)
	}
}

func TestCheckNamesEveryProblem(t *testing.T) {
	p := plan.Plan{Phases: []plan.Phase{
		{Name: "a", Loop: plan.Open, Rate: -1, Arrivals: "x"},
		{Name: "b", Loop: plan.Closed, Duration: time.Second, Warmup: time.Second},
		{Name: "c", Loop: "loop"},
	}}
	err := p.Check()
	for _, want := range []string{`"a": no target`, `"a": rate -1`, `"a": arrivals "x"`, `"a": needs a duration`, `"b": concurrency 0`, `"b": warm-up 1s`, `"c": loop "loop"`} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v does not say %s", err, want)
		}
	}
}

func TestScenarioProblems(t *testing.T) {
	for _, row := range []struct{ name, text, want string }{
		{"no name", "phases: [{name: a}]", "needs a name"},
		{"no phase", "name: a", "0 phases"},
		{"unknown key", "name: a\nspeed: 1\nphases: [{name: a}]", "speed"},
		{"no YAML", "{", "read scenario"},
	} {
		t.Run(row.name, func(t *testing.T) {
			if _, err := plan.ParseScenario([]byte(row.text)); err == nil || !strings.Contains(err.Error(), row.want) {
				t.Errorf("error %v, want one with %q", err, row.want)
			}
		})
	}
	s, err := plan.ParseScenario([]byte("name: a\nphases: [{name: p, stages: x, think: y, targets: [{url: nowhere}]}]"))
	if err != nil {
		t.Fatal(err)
	}
	_, err = s.Plan(plan.Phase{Loop: plan.Open}, func(string) bool { return false }, read)
	for _, want := range []string{`"p"`, "stage", "think", "nowhere"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v does not say %s", err, want)
		}
	}
}

// read is a target.ReadFile.
func read(name string) (string, error) {
	if name == "none" {
		return "", errors.New("no such file")
	}
	return "content of " + name, nil
}

func TestBodiesOfAScenario(t *testing.T) {
	for _, row := range []struct{ target, body, problem string }{
		{`body: "plain; {text"`, "plain; {text", ""},
		{"body_file: a.json", "content of a.json", ""},
		{`body_file: "-"`, "content of -", ""},
		{"body_file: none", "", `body_file "none": no such file`},
		{`body: "@a.json"`, "", "a body in a file is body_file: NAME"},
		{"body: a, body_file: b", "", "cannot both be given"},
	} {
		s, err := plan.ParseScenario([]byte("name: a\nphases: [{name: p, targets: [{method: POST, url: \"http://a/\", " + row.target + "}]}]"))
		if err != nil {
			t.Fatal(err)
		}
		p, err := s.Plan(plan.Phase{Loop: plan.Open}, func(string) bool { return false }, read)
		if row.problem != "" {
			if err == nil || !strings.Contains(err.Error(), row.problem) {
				t.Errorf("%s: error %v, want %q", row.target, err, row.problem)
			}
		} else if err != nil || p.Phases[0].Targets[0].Body != row.body {
			t.Errorf("%s: %+v, %v; want %q", row.target, p, err, row.body)
		}
	}
}

func FuzzParseScenario(f *testing.F) {
	f.Add("name: a\nphases:\n  - {name: p, rate: 5, duration: 1s, targets: [{url: \"http://127.0.0.1/\"}]}")
	f.Fuzz(func(t *testing.T, text string) {
		s, err := plan.ParseScenario([]byte(text))
		if err != nil {
			return
		}
		p, err := s.Plan(plan.Phase{Loop: plan.Open, Rate: 1, Arrivals: pace.Even}, func(string) bool { return false }, read)
		if err == nil {
			_ = p.Check() // must not panic; what it says is tested above
		}
	})
}
