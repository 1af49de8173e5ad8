package data_test

import (
	"slices"
	"strings"
	"sync"
	"testing"

	"loadlab/loadgen/data"
	"loadlab/loadgen/target"
)

func TestFiles(t *testing.T) {
	for _, row := range []struct{ name, content, second string }{ // the value of b in the second row
		{"a.csv", "a,b\n1,2\n3,4\n", "4"},
		{"a.CSV", "\ufeffb, a\r\n2,1\r\n\"x, \"\"y\"\"\nz\",3", "x, \"y\"\nz"},
		{"dir.x/a.tsv", "a\tb\n1\t2\n3\t4, 5", "4, 5"},
		{"a.json", `[{"a":1,"b":"x"},{"b":12345678901234567890,"a":null}]`, "12345678901234567890"},
		{"a.json", ` [ {"b": [1, {"c": 2}], "a": true}, {"b": {"c": [1, 2]}, "a": 1.50} ] `, `{"c":[1,2]}`},
		{"a.jsonl", "{\"a\":1,\"b\":2}\n\n{\"a\":1,\"b\":\"\\u00fc\\n\"}", "ü\n"},
		{"a.ndjson", `{"b":null}{"b":null}`, ""},
	} {
		file, err := data.Parse(row.name, []byte(row.content))
		if err != nil {
			t.Errorf("%q: %v", row.content, err)
			continue
		}
		source := data.NewSource(file, data.Unique)
		_, _ = source.Next()
		second, ok := source.Next()
		if got := second.Get("b"); !ok || got != row.second {
			t.Errorf("%q: second row %q, %v; want %q", row.content, got, ok, row.second)
		}
		if _, ok := source.Next(); ok {
			t.Errorf("%q has a third row", row.content)
		}
	}
}

func TestWrongFiles(t *testing.T) {
	for _, row := range []struct{ name, content, want string }{
		{"a.txt", "a\n1", `ends in ".txt"`},
		{"csv", "a\n1", `ends in ""`},
		{"a.csv", "", "no line with the names"},
		{"a.csv", "a,b\n", "no row"},
		{"a.csv", "a,b\n1\n", "wrong number of fields"},
		{"a.csv", "a,b\n1,\"2\n", "line 2"},
		{"a.csv", "a,a\n1,2\n", `"a" is there twice`},
		{"a.csv", "a,\n1,2\n", "no placeholder can have"},
		{"a.csv", "a}\n1\n", "no placeholder can have"},
		{"a.csv", "a\n\xff\n", "not UTF-8"},
		{"a.json", "", "not an array"},
		{"a.json", `{"a":1}`, "not an array"},
		{"a.json", `[]`, "no row"},
		{"a.json", `[{}]`, ""}, // no column, which its targets find out
		{"a.json", `[{"a":1}`, "does not end"},
		{"a.json", `[{"a":1}] x`, "after the array"},
		{"a.json", `[{"a":1}][]`, "after the array"},
		{"a.json", `[1]`, "row 1"},
		{"a.json", `[null]`, "null is no object"},
		{"a.json", `[{"a":1},{"b":1}]`, `row 2: "b" is not in the first row`},
		{"a.json", `[{"a":1,"b":1},{"b":1}]`, "row 2: it has 1 of the 2 names"},
		{"a.jsonl", `{"a":1} {"a":`, "row 2"},
		{"a.jsonl", `[{"a":1}]`, "row 1"},
	} {
		if _, err := data.Parse(row.name, []byte(row.content)); row.want == "" && err != nil || row.want != "" && (err == nil || !strings.Contains(err.Error(), row.want)) {
			t.Errorf("%s %q: %v, want %q", row.name, row.content, err, row.want)
		}
	}
}

// Whatever the order, and however many ask at once, each row is taken as often as the order says.
func TestOrders(t *testing.T) {
	file, err := data.Parse("a.csv", []byte("a\n0\n1\n2\n"))
	if err != nil {
		t.Fatal(err)
	}
	for order, check := range map[data.Order]func(counts map[string]int, none int) bool{
		data.Sequential: func(counts map[string]int, none int) bool {
			return counts["0"] == 100 && counts["1"] == 100 && counts["2"] == 100
		},
		data.Random: func(counts map[string]int, none int) bool {
			return counts["0"] > 40 && counts["1"] > 40 && counts["2"] > 40 && none == 0
		},
		data.Unique: func(counts map[string]int, none int) bool {
			return counts["0"] == 1 && counts["1"] == 1 && counts["2"] == 1 && none == 297
		},
	} {
		source := data.NewSource(file, order)
		var mu sync.Mutex
		var all sync.WaitGroup
		counts, none := map[string]int{}, 0
		for range 10 {
			all.Go(func() {
				for range 30 {
					row, ok := source.Next()
					mu.Lock()
					if ok {
						counts[row.Get("a")]++
					} else {
						none++
					}
					mu.Unlock()
				}
			})
		}
		if all.Wait(); !check(counts, none) {
			t.Errorf("%s: %v, none left %d times", order, counts, none)
		}
	}
	source := data.NewSource(file, data.Sequential)
	var got []string
	for range 4 {
		row, _ := source.Next()
		got = append(got, row.Get("a"))
	}
	if !slices.Equal(got, []string{"0", "1", "2", "0"}) {
		t.Errorf("in turn: %v", got)
	}
}

func TestRowsFitTheirTargets(t *testing.T) {
	file, err := data.Parse("a.csv", []byte("ok,line\n1,\"a\nb\"\n2,\"a\r\nSet-Cookie: x\"\n"))
	if err != nil {
		t.Fatal(err)
	}
	source := data.NewSource(file, data.Sequential)
	for _, row := range []struct {
		target target.Target
		want   string
	}{
		{target.Target{Body: "{data.ok} {data.line}"}, ""},
		{target.Target{Body: "{data.Ok}"}, `no column "Ok"; it has ok, line`},
		{target.Target{Headers: []target.Header{{Name: "A", Value: "{data.ok}"}}}, ""},
		{target.Target{Headers: []target.Header{{Name: "A", Value: "{data.line}"}}}, "row 1 has a control character"},
	} {
		row.target.URL = "http://h/"
		made, err := target.New(row.target)
		if err != nil {
			t.Fatal(err)
		}
		if err := source.Check(&made); row.want == "" && err != nil || row.want != "" && (err == nil || !strings.Contains(err.Error(), row.want)) {
			t.Errorf("%+v: %v, want %q", row.target, err, row.want)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add(".csv", "a,b\n1,2")
	f.Add(".json", `[{"a":1},{"a":[null]}]`)
	f.Add(".jsonl", `{"a":"\ud800"}`)
	f.Fuzz(func(t *testing.T, kind, content string) {
		file, err := data.Parse("a"+kind, []byte(content))
		if err != nil {
			return
		}
		if row, ok := data.NewSource(file, data.Random).Next(); !ok || len(row.Values) != len(row.Columns) {
			t.Fatalf("%q: a row %+v", content, row)
		}
	})
}
