package result

import (
	"fmt"
	"io"
	"strings"
	"text/tabwriter"

	"loadlab/internal/textwrap"
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

// columns is the width of a terminal on which a result is read.
const columns = 80

// Text is how a result is printed.
type Text struct {
	Colours bool // for the verdict
	Rounds  bool // each round with the parts of its time, beyond 80 columns, besides the means
}

// WriteText prints the question, one line for each load of each step, and the
// verdict with its reason, in lines of at most 80 columns.
func (r *Result) WriteText(w io.Writer, how Text) {
	write(w, "", r.Question)
	if len(r.Rounds) > 0 {
		fmt.Fprintln(w)
		r.writeMeans(w)
	}
	if how.Rounds {
		fmt.Fprintln(w)
		r.writeRounds(w)
	}
	fmt.Fprintf(w, "\n%s: %s\n", r.Name, how.colour(r.Verdict, strings.ToUpper(string(r.Verdict))))
	if len(r.Reasons) > 0 { // else the evidence below says it all
		write(w, "  ", r.Answer())
	}
	if len(r.Rounds) > 0 && len(r.Unmet) == 0 {
		for i := range r.Evidence {
			e := &r.Evidence[i]
			fmt.Fprintf(w, "  %s\n", how.colour(e.Verdict, string(e.Verdict)))
			write(w, "    ", e.Name+": "+e.Sentence())
		}
	}
	if confidence := r.Confidence(); confidence != "" {
		fmt.Fprintln(w)
		write(w, "", confidence)
	}
	fmt.Fprintf(w, "\nrepeat with: %s\n", r.Command) // in one line, to be copied
}

// colour makes text green, red or yellow by what the verdict means.
func (how Text) colour(v Verdict, text string) string {
	if !how.Colours {
		return text
	}
	code := 33
	switch v {
	case Holds:
		code = 32
	case DoesNotHold:
		code = 31
	}
	return fmt.Sprintf("\x1b[%dm%s\x1b[0m", code, text)
}

func write(w io.Writer, indent, text string) {
	for line := range textwrap.Lines(text, columns-len(indent)) {
		fmt.Fprintf(w, "%s%s\n", indent, line)
	}
}

// writeMeans prints the means over the rounds.
func (r *Result) writeMeans(w io.Writer) {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(t, "step\tload\trate/s\tgoodput/s\tp50 ms\tp99 ms\tvalid\t")
	first := r.Rounds[0] // later ones may have been interrupted
	for _, name := range r.stepNames(first) {
		for i, p := range first.Points[name] {
			var n, valid int
			var sum Point
			for _, round := range r.Rounds {
				if i >= len(round.Points[name]) {
					continue
				}
				q := &round.Points[name][i]
				n++
				if q.Valid {
					valid++
				}
				sum.Rate, sum.Goodput, sum.P50, sum.P99 = sum.Rate+q.Rate, sum.Goodput+q.Goodput, sum.P50+q.P50, sum.P99+q.P99
			}
			of := float64(n)
			fmt.Fprintf(t, "%s\t%g\t%.1f\t%.1f\t%.2f\t%.2f\t%d of %d\t\n", name, p.Load, sum.Rate/of, sum.Goodput/of, 1e3*sum.P50/of, 1e3*sum.P99/of, valid, n)
		}
	}
	_ = t.Flush()
}

// writeRounds prints every point with the parts of its time.
func (r *Result) writeRounds(w io.Writer) {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
	spent := r.spent()
	fmt.Fprint(t, "round\tstep\tload\tin flight\trate/s\tgoodput/s\tp50 ms\tp99 ms\t")
	for _, part := range spent {
		fmt.Fprintf(t, "%s ms\t", part.Name)
	}
	fmt.Fprintln(t, "valid\t")
	for at, round := range r.Rounds {
		for _, name := range r.stepNames(round) {
			for i := range round.Points[name] {
				p := &round.Points[name][i]
				fmt.Fprintf(t, "%d\t%s\t%g\t%.1f\t%.1f\t%.1f\t%.2f\t%.2f\t", at+1, name, p.Load, p.N, p.Rate, p.Goodput, 1e3*p.P50, 1e3*p.P99)
				for _, part := range spent {
					fmt.Fprintf(t, "%.2f\t", 1e3*part.Of(p))
				}
				fmt.Fprintf(t, "%t\t\n", p.Valid)
			}
		}
	}
	_ = t.Flush()
}
