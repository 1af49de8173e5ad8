package supervise

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

func TestLines(t *testing.T) {
	long := strings.Repeat("x", maxLine)
	for _, row := range []struct {
		name   string
		writes []string
		want   []string
	}{
		{"nothing", []string{""}, nil},
		{"a line", []string{"one\n"}, []string{"one"}},
		{"an empty line", []string{"\n"}, []string{""}},
		{"several in one write", []string{"one\ntwo\nthr"}, []string{"one", "two"}},
		{"one in several writes", []string{"o", "n", "e\ntw", "o\n"}, []string{"one", "two"}},
		{"as long as allowed", []string{long + "\none\n"}, []string{long, "one"}},
		{"too long", []string{long + "more\none\n"}, []string{long, "one"}},
		{"too long, in pieces", []string{long[1:], "xm", "ore", "\n", "one\n"}, []string{long, "one"}},
		{"too long without an end", []string{long, long, long}, []string{long}},
	} {
		t.Run(row.name, func(t *testing.T) {
			var got []string
			lines := Lines{Take: func(line []byte) { got = append(got, string(line)) }}
			for _, piece := range row.writes {
				if n, err := fmt.Fprint(&lines, piece); n != len(piece) || err != nil {
					t.Fatalf("wrote %d of %d: %v", n, len(piece), err)
				}
			}
			if !slices.Equal(got, row.want) {
				t.Errorf("%.100q, want %.100q", got, row.want)
			}
			if cap(lines.partial) > 2*maxLine {
				t.Errorf("holds %d bytes", cap(lines.partial))
			}
		})
	}
}
