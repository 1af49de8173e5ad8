package result

import (
	"strings"
	"testing"
)

func TestConfidenceInWords(t *testing.T) {
	for rounds, want := range map[int]string{0: "", 1: "there are no intervals", 2: "less than a third as wide", 5: "over 5 rounds"} {
		r := Result{Rounds: make([]Round, rounds)}
		if got := r.Confidence(); !strings.Contains(got, want) || (got == "") != (want == "") {
			t.Errorf("%d rounds: %q", rounds, got)
		}
	}
	if got := (&Result{Rounds: make([]Round, 1), Quick: true}).Confidence(); !strings.Contains(got, "quick run") {
		t.Errorf("a quick one: %q", got)
	}
}
