package result

import (
	"testing"
)

func TestExitCodes(t *testing.T) {
	for verdict, want := range map[Verdict]int{Holds: 0, DoesNotHold: 3, NotSignificant: 3, Invalid: 4, Incomplete: 1} {
		if got := verdict.ExitCode(); got != want {
			t.Errorf("%s exits with %d, want %d", verdict, got, want)
		}
	}
}
