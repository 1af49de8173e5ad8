package result

import (
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
)

// Confidence says what the intervals of the result are worth.
func (r *Result) Confidence() string {
	n := len(r.Rounds)
	if len(r.Evidence) > 0 && len(r.Evidence[0].Rounds) > 0 {
		n = len(r.Evidence[0].Rounds) // without the one that was interrupted
	}
	switch {
	case n == 0:
		return ""
	case n == 1 && r.Quick:
		return "This was a quick run: one round of shorter loads. There are no intervals, so noise cannot be told from an effect."
	case n == 1:
		return "One round: there are no intervals, so noise cannot be told from an effect."
	case n == 2:
		return "95 % intervals of the mean over 2 rounds, by Student's t: three rounds would make them less than a third as wide."
	default:
		return fmt.Sprintf("95 %% intervals of the mean over %d rounds, by Student's t.", n)
	}
}

// spent are the parts of which some point of the result has a hundredth of a millisecond.
func (r *Result) spent() []Part {
	var some []Part
	for _, part := range Parts() {
		if r.has(part) {
			some = append(some, part)
		}
	}
	return some
}

func (r *Result) has(p Part) bool {
	for _, round := range r.Rounds {
		for _, points := range round.Points {
			for i := range points {
				if p.Of(&points[i]) >= 1e-5 {
					return true
				}
			}
		}
	}
	return false
}

// Answer is the verdict in one sentence.
func (r *Result) Answer() string {
	if len(r.Reasons) == 0 {
		var shown []string
		for i := range r.Evidence {
			shown = append(shown, r.Evidence[i].Name+": "+r.Evidence[i].Sentence())
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
		fmt.Fprintf(t, "%s ms\t", part.Name)
	}
	fmt.Fprintln(t, "valid\t")
	for _, round := range r.Rounds {
		for _, name := range r.stepNames(round) {
			for i := range round.Points[name] {
				p := &round.Points[name][i]
				fmt.Fprintf(t, "%s\t%g\t%.1f\t%.1f\t%.1f\t%.2f\t%.2f\t", name, p.Load, p.N, p.Rate, p.Goodput, 1e3*p.P50, 1e3*p.P99)
				for _, part := range spent {
					fmt.Fprintf(t, "%.2f\t", 1e3*part.Of(p))
				}
				fmt.Fprintf(t, "%t\t\n", p.Valid)
			}
		}
	}
	_ = t.Flush()
	if len(r.Rounds) > 0 && len(r.Unmet) == 0 {
		fmt.Fprintln(w)
		for i := range r.Evidence {
			fmt.Fprintf(w, "%-16s %s: %s\n", r.Evidence[i].Verdict, r.Evidence[i].Name, r.Evidence[i].Sentence())
		}
	}
	if confidence := r.Confidence(); confidence != "" {
		fmt.Fprintf(w, "\n%s\n", confidence)
	}
	fmt.Fprintf(w, "\nrepeat with: %s\n", r.Command)
}
