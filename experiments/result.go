package experiments

import (
	"encoding/json"
	"fmt"
	"io"
	"math"
	"slices"
	"strings"
	"text/tabwriter"
	"time"
)

// Schema is the version of the JSON form of a Result. docs/experiments.md describes it.
const Schema = 1

// Result is an experiment that was run.
type Result struct {
	Schema      int               `json:"schema"`
	ID          string            `json:"id"`
	Name        string            `json:"name"`
	Title       string            `json:"title"`
	Question    string            `json:"question"`
	Hypothesis  string            `json:"hypothesis"`
	Explanation string            `json:"explanation"`
	Started     time.Time         `json:"started"`
	Seconds     float64           `json:"seconds"`
	Machine     Machine           `json:"machine"`
	Services    map[string]string `json:"services"` // addresses by name
	// Settings are those with which services were started for the run, by process.
	Settings    map[string]map[string]string `json:"settings,omitempty"`
	Given       map[string]float64           `json:"given"`
	Quick       bool                         `json:"quick"`
	Command     string                       `json:"command"` // repeats the run
	Rounds      []Round                      `json:"rounds"`
	Figures     []Measured                   `json:"figures"`
	Evidence    []Evidence                   `json:"evidence"`
	Unmet       []string                     `json:"unmet_needs,omitempty"`
	Interrupted bool                         `json:"interrupted"`
	Verdict     Verdict                      `json:"verdict"`
	Reasons     []string                     `json:"reasons,omitempty"`
	Steps       []Described                  `json:"steps,omitempty"` // in their order
	Plot        *Drawing                     `json:"plot,omitempty"`
}

// Machine is where the generator ran.
type Machine struct {
	OS    string `json:"os"`
	Arch  string `json:"arch"`
	Cores int    `json:"cores"`
	Go    string `json:"go"`
}

// Round is one pass over all steps.
type Round struct {
	Points map[string][]Point `json:"points"` // by name of the step, in the order of its loads
}

// Measured is a figure over all rounds, with its 95 % interval.
type Measured struct {
	Name string `json:"name"`
	Unit string `json:"unit,omitempty"`
	Mean Number `json:"mean"`
	Low  Number `json:"low"`
	High Number `json:"high"`
	// Rounds are the values of each.
	Rounds []Number `json:"rounds,omitempty"`
}

// Answer is the verdict in one sentence.
func (r *Result) Answer() string {
	if len(r.Reasons) == 0 {
		var shown []string
		for i := range r.Evidence {
			shown = append(shown, r.Evidence[i].Name+": "+r.Evidence[i].sentence())
		}
		return strings.TrimSuffix(fmt.Sprintf("The hypothesis %s: %s", r.Verdict, strings.Join(shown, "; ")), ": ") + "."
	}
	switch r.Verdict {
	case Invalid, Incomplete:
		return fmt.Sprintf("No answer, the measurement is %s: %s.", r.Verdict, strings.Join(r.Reasons, "; "))
	case NotSignificant:
		return "What was measured is not significant: " + strings.Join(r.Reasons, "; ") + "."
	}
	return fmt.Sprintf("The hypothesis %s: %s.", r.Verdict, strings.Join(r.Reasons, "; "))
}

// invalidPoints says which points the generator's health gate refused.
func (r *Result) invalidPoints() []string {
	var out []string
	for at, round := range r.Rounds {
		for _, name := range sortedKeys(round.Points) {
			for i := range round.Points[name] {
				if p := &round.Points[name][i]; !p.Valid {
					out = append(out, fmt.Sprintf("round %d, %s at %g: %s", at+1, name, p.Load, strings.Join(p.Reasons, ", ")))
				}
			}
		}
	}
	return out
}

func sortedKeys[V any](m map[string]V) []string {
	keys := make([]string, 0, len(m))
	for key := range m {
		keys = append(keys, key)
	}
	slices.Sort(keys)
	return keys
}

// sentence says what was measured against what was wanted.
func (e *Evidence) sentence() string {
	if math.IsNaN(float64(e.Mean)) || e.Verdict == Invalid {
		return e.Why
	}
	return Measured{Mean: e.Mean, Low: e.Low, High: e.High}.cell() + ", wanted " + e.Wanted()
}

// Wanted is the range of the check in words.
func (e *Evidence) Wanted() string {
	switch {
	case e.Min != nil && e.Max != nil:
		return readable(*e.Min) + " to " + readable(*e.Max)
	case e.Min != nil:
		return "at least " + readable(*e.Min)
	case e.Max != nil:
		return "at most " + readable(*e.Max)
	}
	return ""
}

// WriteJSON writes the result in the form of Schema.
func (r *Result) WriteJSON(w io.Writer) error {
	encoder := json.NewEncoder(w)
	encoder.SetIndent("", "  ")
	if err := encoder.Encode(r); err != nil {
		return fmt.Errorf("write result: %w", err)
	}
	return nil
}

// WriteText prints the result for a terminal.
func (r *Result) WriteText(w io.Writer) {
	fmt.Fprintf(w, "%s: %s\n", r.Name, strings.ToUpper(string(r.Verdict)))
	if len(r.Reasons) > 0 { // else the evidence below says it all
		fmt.Fprintln(w, r.Answer())
	}
	fmt.Fprintln(w)
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
	spent := r.spent()
	fmt.Fprint(t, "step\tload\tin flight\trate/s\tgoodput/s\tp50 ms\tp99 ms\t")
	for _, part := range spent {
		fmt.Fprintf(t, "%s ms\t", part.name)
	}
	fmt.Fprintln(t, "valid\t")
	for _, round := range r.Rounds {
		for _, name := range r.stepNames(round) {
			for i := range round.Points[name] {
				p := &round.Points[name][i]
				fmt.Fprintf(t, "%s\t%g\t%.1f\t%.1f\t%.1f\t%.2f\t%.2f\t", name, p.Load, p.N, p.Rate, p.Goodput, 1e3*p.P50, 1e3*p.P99)
				for _, part := range spent {
					fmt.Fprintf(t, "%.2f\t", perThousand*part.of(p))
				}
				fmt.Fprintf(t, "%t\t\n", p.Valid)
			}
		}
	}
	_ = t.Flush()
	if len(r.Rounds) > 0 && len(r.Unmet) == 0 {
		fmt.Fprintln(w)
		for i := range r.Evidence {
			fmt.Fprintf(w, "%-16s %s: %s\n", r.Evidence[i].Verdict, r.Evidence[i].Name, r.Evidence[i].sentence())
		}
	}
	if confidence := r.Confidence(); confidence != "" {
		fmt.Fprintf(w, "\n%s\n", confidence)
	}
	fmt.Fprintf(w, "\nrepeat with: %s\n", r.Command)
}

// stepNames are those of the round in the order of the definition.
func (r *Result) stepNames(round Round) []string {
	if len(r.Steps) == 0 {
		return sortedKeys(round.Points)
	}
	var names []string
	for _, step := range r.Steps {
		if len(round.Points[step.Name]) > 0 {
			names = append(names, step.Name)
		}
	}
	return names
}
