package cli

import (
	"maps"
	"slices"
	"strings"
	"testing"
)

func table(t *testing.T) []option {
	t.Helper()
	all, err := options()
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// Flags as users of hey, oha, wrk, curl and vegeta type them.
func TestNotationsOfFlags(t *testing.T) {
	for _, row := range []struct {
		name string
		args []string
		want map[string]string // by variable without LOADGEN_
		rest []string
	}{
		{"short with a space", []string{"-c", "50", "-n", "200", "-z", "10s", "-q", "5"}, map[string]string{"CONCURRENCY": "50", "REQUESTS": "200", "DURATION": "10s", "RATE": "5"}, nil},
		{"short without one", []string{"-c50", "-z10s", "http://a/"}, map[string]string{"CONCURRENCY": "50", "DURATION": "10s"}, []string{"http://a/"}},
		{"short with an equals sign", []string{"-c=50"}, map[string]string{"CONCURRENCY": "50"}, nil},
		{"long", []string{"--rate", "5", "--duration=1m"}, map[string]string{"RATE": "5", "DURATION": "1m"}, nil},
		{"long with one hyphen", []string{"-rate", "5", "-duration=1m"}, map[string]string{"RATE": "5", "DURATION": "1m"}, nil},
		{"flags after the URL", []string{"http://a/", "-c", "5", "http://b/"}, map[string]string{"CONCURRENCY": "5"}, []string{"http://a/", "http://b/"}},
		{"the end of the flags", []string{"-c", "5", "--", "-q", "5"}, map[string]string{"CONCURRENCY": "5"}, []string{"-q", "5"}},
		{"the standard input is no flag", []string{"-"}, map[string]string{}, []string{"-"}},
		{"a value with a hyphen", []string{"-d", "-5"}, map[string]string{"BODY": "-5"}, nil},
		{"a value with an equals sign", []string{"--body=a=1&b=2", "--thresholds", "p99<=1s"}, map[string]string{"BODY": "a=1&b=2", "THRESHOLDS": "p99<=1s"}, nil},
		{"an empty value", []string{"-d", "", "--targets="}, map[string]string{"BODY": "", "TARGETS": ""}, nil},
		{"a body in a file", []string{"-D", "a b.json"}, map[string]string{"BODY": "@a b.json"}, nil},
		{"a truth value alone", []string{"--keepalive", "http://a/"}, map[string]string{"KEEPALIVE": "true"}, []string{"http://a/"}},
		{"a truth value after a space", []string{"--keepalive", "false", "http://a/"}, map[string]string{"KEEPALIVE": "false"}, []string{"http://a/"}},
		{"a truth value after an equals sign", []string{"--keepalive=false"}, map[string]string{"KEEPALIVE": "false"}, nil},
		{"as hey has it", []string{"-disable-keepalive", "-m", "POST", "-t", "20s", "http://a/"}, map[string]string{"KEEPALIVE": "false", "METHODS": "POST", "TIMEOUT": "20s"}, []string{"http://a/"}},
		{"the report", []string{"-o", "-"}, map[string]string{"REPORT": "-"}, nil},
		{"a scenario", []string{"-s", "a.yaml"}, map[string]string{"SCENARIO": "a.yaml"}, nil},
		{"a former name", []string{"--console-addr=off"}, map[string]string{"CONSOLE_ADDR": "off"}, nil},
	} {
		t.Run(row.name, func(t *testing.T) {
			got := parseArguments(row.args, table(t))
			want := map[string]string{}
			for name, value := range row.want {
				want["LOADGEN_"+name] = value
			}
			if !maps.Equal(got.values, want) || !slices.Equal(got.rest, row.rest) || len(got.wrong) > 0 {
				t.Errorf("values %q, rest %q, wrong %v", got.values, got.rest, got.wrong)
			}
		})
	}
}

func TestHeadersOfTheCommandLine(t *testing.T) {
	got := parseArguments([]string{"-H", "Cookie: a=1; X-B: 2", "-HX-A: 12:30", "--header=X-A: c", "-T", "text/plain; charset=utf-8", "-A", "a/b"}, table(t))
	want := []string{"Cookie: a=1; X-B: 2", "X-A: 12:30", "X-A: c", "Content-Type: text/plain; charset=utf-8", "Accept: a/b"}
	if fields := got.fields(); !slices.Equal(fields, want) || len(got.wrong) > 0 {
		t.Errorf("fields %q, wrong %v", fields, got.wrong)
	}
}

// Servers differ about which of two headers of one name they take.
func TestAHeaderThatTwoFlagsGive(t *testing.T) {
	for _, row := range []struct {
		args []string
		want string // empty if it is allowed
	}{
		{[]string{"-T", "text/plain", "-H", "content-type : a/b"}, "--content-type=\"text/plain\": --header sets Content-Type too"},
		{[]string{"-H", "Accept:a/b", "-A", "c/d"}, "--accept=\"c/d\": --header sets Accept too"},
		{[]string{"-T", "text/plain", "-H", "Content-Types: a/b", "-H", "Accept: c/d"}, ""},
	} {
		got := parseArguments(row.args, table(t))
		got.fields()
		switch {
		case row.want == "" && len(got.wrong) > 0, row.want != "" && len(got.wrong) != 1:
			t.Errorf("%q: got %v, want %q", row.args, got.wrong, row.want)
		case row.want != "" && !strings.Contains(got.wrong[0].String(), row.want):
			t.Errorf("%q: got %q, want %q", row.args, got.wrong[0], row.want)
		}
	}
}

func TestWrongFlags(t *testing.T) {
	for _, row := range []struct {
		args []string
		want []string // one for each problem
	}{
		{[]string{"--duratoin", "5s"}, []string{"--duratoin: no such flag; did you mean --duration?"}},
		{[]string{"--duratoin=5s", "--rte=5"}, []string{"--duratoin: no such flag; did you mean --duration?", "--rte: no such flag; did you mean --rate?"}},
		{[]string{"--conc", "5"}, []string{"did you mean --concurrency?"}},
		{[]string{"-duratoin", "5s", "http://a/"}, []string{"-duratoin: no such flag; did you mean --duration?"}},
		{[]string{"-duratoin=5s"}, []string{"did you mean --duration?"}},
		{[]string{"-d30s", "http://a/"}, []string{"-d30s: no such flag; write a body after a space, as -d '30s'"}},
		{[]string{"-disable-redirects", "http://a/"}, []string{"-disable-redirects: no such flag"}},
		{[]string{"-dns-ttl=10s", "http://a/"}, []string{"-dns-ttl: no such flag"}},
		{[]string{"-h2", "http://a/"}, []string{"-h2: no such flag; see loadgen --help"}},
		{[]string{"-host", "b", "http://a/"}, []string{"-host: no such flag"}},
		{[]string{"--qps=5"}, []string{"did you mean --rate?"}},
		{[]string{"--vus", "5"}, []string{"did you mean --concurrency?"}},
		{[]string{"--method=PUT"}, []string{"did you mean --methods?"}},
		{[]string{"--zzzzzz", "5"}, []string{"--zzzzzz: no such flag; see loadgen --help"}},
		{[]string{"-Z", "5"}, []string{"-Z: no such flag; see loadgen --help"}},
		{[]string{"--rate"}, []string{"--rate: needs a value"}},
		{[]string{"-c"}, []string{"-c: needs a value"}},
		{[]string{"-c", "5", "--concurrency=6"}, []string{"--concurrency: given twice"}},
		{[]string{"-d", "a", "-D", "b"}, []string{"--body-file: given twice"}},
		{[]string{"--disable-keepalive=perhaps"}, []string{"--disable-keepalive: takes no value"}},
		{[]string{"--=5"}, []string{"--: bad flag syntax"}},
	} {
		t.Run(strings.Join(row.args, " "), func(t *testing.T) {
			got := parseArguments(row.args, table(t))
			if len(got.wrong) != len(row.want) {
				t.Fatalf("got %v, want %q", got.wrong, row.want)
			}
			for i, want := range row.want {
				if !strings.Contains(got.wrong[i].String(), want) {
					t.Errorf("got %q, want %q", got.wrong[i], want)
				}
			}
		})
	}
}

// A word is no suggestion for one that has little in common with it.
func TestNearest(t *testing.T) {
	for word, want := range map[string]string{"reprot": "report", "REPORT": "report", "rep": "report", "x": "", "zzz": "", "completions": "completion", "hepl": "help", "manual": "", "": ""} {
		if got := nearest(word, commandNames()); got != want {
			t.Errorf("%q: got %q, want %q", word, got, want)
		}
	}
}

// Each flag has one long name, and a short one belongs to one flag.
func TestFlagsAreUnique(t *testing.T) {
	seen := map[string]string{}
	for _, o := range table(t) {
		for _, name := range []string{o.name, o.short} {
			if name != "" && seen[name] != "" {
				t.Errorf("%q is --%s and --%s", name, seen[name], o.name)
			}
			seen[name] = o.name
		}
		if len(o.short) > 1 || !slices.Contains(groups(), o.group) {
			t.Errorf("--%s: short name %q, group %q", o.name, o.short, o.group)
		}
	}
}
