package textwrap_test

import (
	"slices"
	"testing"

	"loadlab/internal/textwrap"
)

func TestLines(t *testing.T) {
	for _, row := range []struct {
		name, text string
		width      int
		want       []string
	}{
		{"fits", "one two", 7, []string{"one two"}},
		{"breaks between words", "one  two\nthree", 7, []string{"one two", "three"}},
		{"characters, not bytes", "µs µs", 5, []string{"µs µs"}},
		{"a word that is longer", "a longest b", 3, []string{"a", "longest", "b"}},
		{"nothing", "", 3, []string{""}},
	} {
		t.Run(row.name, func(t *testing.T) {
			if got := slices.Collect(textwrap.Lines(row.text, row.width)); !slices.Equal(got, row.want) {
				t.Errorf("%q, want %q", got, row.want)
			}
		})
	}
}
