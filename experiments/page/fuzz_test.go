package page

import (
	"bytes"
	"strings"
	"testing"

	"loadlab/experiments/compare"
	"loadlab/experiments/result"
)

func FuzzReadResult(f *testing.F) {
	f.Add(`{"schema":1,"name":"x","rounds":[{"points":{"a":[{"load":1,"server_cpu":null}]}}],"figures":[{"name":"y","mean":null,"rounds":[1,2]}]}`)
	f.Add(`{"schema":1,"name":"x","plot":{"points":[{"x":1e308,"y":null,"low":-1,"high":2}],"theory":[{"x":0,"y":null}]},"evidence":[{"mean":1,"low":0,"high":1e300,"min":-1e300}]}`)
	f.Fuzz(func(t *testing.T, text string) {
		r, err := result.Read(strings.NewReader(text))
		if err != nil {
			return
		}
		var page bytes.Buffer
		if err := Write(&page, r); err != nil {
			t.Fatal(err)
		}
		if c, err := compare.Results(r, r); err == nil {
			c.WriteText(&page)
			if err := WriteComparison(&page, c); err != nil {
				t.Fatal(err)
			}
		}
	})
}
