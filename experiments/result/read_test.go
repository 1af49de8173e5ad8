package result

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestFilesThatAreNoResults(t *testing.T) {
	for name, row := range map[string]struct{ text, want string }{
		"empty":           {"", "no JSON of an experiment"},
		"another program": {`{"version": 1}`, "no result of an experiment"},
		"a later version": {`{"schema": 99, "name": "x"}`, "version 99 of the schema, not 1"},
		"a wrong type":    {`{"schema": 1, "name": "x", "rounds": 3}`, "read result"},
		"cut off":         {`{"schema": 1, "name": "x", "rounds": [`, "no JSON of an experiment"},
		"a wrong number":  {`{"schema": 1, "name": "x", "figures": [{"mean": "much"}]}`, `is no number`},
		"endless":         {strings.Repeat(" ", maxResult+1), "more than"},
	} {
		t.Run(name, func(t *testing.T) {
			if _, err := Read(strings.NewReader(row.text)); err == nil || !strings.Contains(err.Error(), row.want) {
				t.Errorf("got %v, want %s", err, row.want)
			}
		})
	}
}

func TestJSONLosesNothing(t *testing.T) {
	for _, name := range []string{"cpu-saturation", "tutorial-io"} {
		file, err := os.Open(filepath.Join("testdata", name+".json"))
		if err != nil {
			t.Fatal(err)
		}
		defer file.Close()
		recorded, err := Read(file)
		if err != nil {
			t.Fatal(err)
		}
		var first, second bytes.Buffer
		if err := recorded.WriteJSON(&first); err != nil {
			t.Fatal(err)
		}
		again, err := Read(bytes.NewReader(first.Bytes()))
		if err != nil {
			t.Fatal(err)
		}
		if err := again.WriteJSON(&second); err != nil || first.String() != second.String() {
			t.Errorf("%s changes on its way through JSON (%v)", name, err)
		}
	}
}
