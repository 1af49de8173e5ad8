package cli

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"loadlab/internal/env"
	"loadlab/loadgen"
	"loadlab/loadgen/plan"
)

// loaded is the configuration of a command line.
func loaded(t *testing.T, args []string, stdin string, variables ...string) (Settings, loadgen.Config, error) {
	t.Helper()
	given := parseArguments(args, table(t))
	if len(given.wrong) > 0 {
		t.Fatal(given.wrong)
	}
	src := source{flags: given.values, targets: given.rest, headers: given.fields(), bodies: &bodies{stdin: strings.NewReader(stdin)}, getenv: func(name string) string {
		for _, pair := range variables {
			if value, ok := strings.CutPrefix(pair, name+"="); ok {
				return value
			}
		}
		return ""
	}}
	s, cfg, _, err := load(&src)
	return s, cfg, err
}

// What a URL alone means, and what each flag changes of it.
func TestDefaultsOfARunByURL(t *testing.T) {
	const url = "http://127.0.0.1:9/a"
	for _, row := range []struct {
		name      string
		args      []string
		variables []string
		want      string
	}{
		{"a URL alone", nil, nil, "closed 10 for 10s"},
		{"-c", []string{"-c50"}, nil, "closed 50 for 10s"},
		{"-z", []string{"-z", "1m"}, nil, "closed 10 for 1m0s"},
		{"-n", []string{"-n", "200"}, nil, "closed 10 for 0s, 200 requests"},
		{"-n and -z", []string{"-n", "200", "-z", "5s"}, nil, "closed 10 for 5s, 200 requests"},
		{"-q", []string{"-q", "100"}, nil, "open 100/s for 10s"},
		{"-q and -c", []string{"-q", "100", "-c", "7"}, nil, "open 100/s for 10s, 7 connections"},
		{"-q and -n", []string{"-q", "100", "-n", "250"}, nil, "open 100/s for 2.5s"},
		{"-q, -n and a shorter -z", []string{"-q", "100", "-n", "250", "-z", "1s"}, nil, "open 100/s for 1s"},
		{"-q, -n and a longer -z", []string{"-q", "100", "-n", "250", "-z", "1h"}, nil, "open 100/s for 2.5s"},
		{"stages", []string{"--stages=10s:100,5s:0"}, nil, "open 0/s for 0s"},
		{"a loop", []string{"--loop=open"}, nil, "open 40/s for 10s"},
		{"a batch", []string{"--loop=batch", "--count=3"}, nil, "batch for 0s, 3 at once"},
		{"variables", nil, []string{"LOADGEN_RATE=5", "LOADGEN_DURATION=3s"}, "open 5/s for 3s"},
		{"flags over variables", []string{"-q5"}, []string{"LOADGEN_RATE=6", "LOADGEN_LOOP=open"}, "open 5/s for 10s"},
		{"a variable for the loop", []string{"-q5"}, []string{"LOADGEN_LOOP=closed"}, "closed 10 for 10s"},
		{"the URL over other targets", nil, []string{"LOADGEN_TARGETS=GET http://127.0.0.1:1/", "LOADGEN_SCENARIO=steady"}, "closed 10 for 10s"},
		{"the URL over other URLs", nil, []string{"LOADGEN_URLS=http://127.0.0.1:1/"}, "closed 10 for 10s"},
	} {
		t.Run(row.name, func(t *testing.T) {
			s, cfg, err := loaded(t, append(row.args, url), "", row.variables...)
			if err != nil {
				t.Fatal(err)
			}
			p := cfg.Plan.Phases[0]
			got := string(p.Loop)
			switch p.Loop {
			case plan.Closed:
				got += fmt.Sprint(" ", p.Concurrency)
			case plan.Open:
				got += fmt.Sprintf(" %v/s", p.Rate)
			}
			got += fmt.Sprint(" for ", p.Duration)
			if p.Requests > 0 {
				got += fmt.Sprintf(", %d requests", p.Requests)
			}
			if cfg.MaxConnections > 0 {
				got += fmt.Sprintf(", %d connections", cfg.MaxConnections)
			}
			if p.Loop == plan.Batch {
				got += fmt.Sprintf(", %d at once", p.Count)
			}
			if got != row.want || s.AdminAddr != "off" || len(p.Targets) != 1 || p.Targets[0].URL != url {
				t.Errorf("%s, admin listener %s, targets %v; want %s", got, s.AdminAddr, p.Targets, row.want)
			}
		})
	}
}

// Without a URL of the command line everything is as it was.
func TestDefaultsOfOtherRunsStay(t *testing.T) {
	s, cfg, err := loaded(t, nil, "", "LOADGEN_TARGETS=GET http://127.0.0.1:1/")
	p := cfg.Plan.Phases[0]
	if err != nil || p.Loop != plan.Open || p.Rate != 40 || p.Duration != 30*time.Second || s.AdminAddr != "127.0.0.1:8090" {
		t.Errorf("%v, %+v, %s", err, p, s.AdminAddr)
	}
}

func TestTargetsOfTheCommandLine(t *testing.T) {
	file := filepath.Join(t.TempDir(), "a b.txt")
	if err := os.WriteFile(file, []byte("from a file\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	const u = "http://127.0.0.1:9/"
	for _, row := range []struct {
		name  string
		args  []string
		stdin string
		want  []string // weight method URL headers body
	}{
		{"a URL", []string{u + "a;b=1,c?x=[y"}, "", []string{"1 GET " + u + "a;b=1,c?x=[y [] "}},
		{"without a scheme", []string{"127.0.0.1:9/a"}, "", []string{"1 GET http://127.0.0.1:9/a [] "}},
		{"without a scheme, with a URL in the query", []string{"127.0.0.1:9/?u=http://x"}, "", []string{"1 GET http://127.0.0.1:9/?u=http://x [] "}},
		{"a name alone", []string{"localhost"}, "", []string{"1 GET http://localhost [] "}},
		{"several", []string{u + "a", u + "b"}, "", []string{"1 GET " + u + "a [] ", "1 GET " + u + "b [] "}},
		{"methods", []string{"-m", "put,DELETE", u}, "", []string{"1 PUT " + u + " [] ", "1 DELETE " + u + " [] "}},
		{"a body is posted", []string{"-d", "a=1&b=2", u}, "", []string{"1 POST " + u + " [] a=1&b=2"}},
		{"a body with a method", []string{"-d", "{\"a\":1}", "-m", "PATCH", u}, "", []string{"1 PATCH " + u + " [] {\"a\":1}"}},
		{"-d @file", []string{"-d", "@" + file, u}, "", []string{"1 POST " + u + " [] from a file\n"}},
		{"-D file", []string{"-D", file, u}, "", []string{"1 POST " + u + " [] from a file\n"}},
		{"-d @-", []string{"-d", "@-", u, u + "b"}, "piped", []string{"1 POST " + u + " [] piped", "1 POST " + u + "b [] piped"}},
		{"headers", []string{"-H", "Cookie: a=1; X-B: 2", "-H", "X-A: 12:30", "-T", "text/plain", u}, "",
			[]string{"1 GET " + u + " [Cookie=a=1; X-B: 2 X-A=12:30 Content-Type=text/plain] "}},
		{"the same header twice", []string{"-H", "X-A: 1", "-H", "X-A: 2", u}, "", []string{"1 GET " + u + " [X-A=1 X-A=2] "}},
		{"a target", []string{"3*GET " + u + "a", "POST " + u + "b {\"a\": 1}"}, "", []string{"3 GET " + u + "a [] ", "1 POST " + u + "b [] {\"a\": 1}"}},
		{"a weight", []string{"3*" + u, u + "b*c"}, "", []string{"3 GET " + u + " [] ", "1 GET " + u + "b*c [] "}},
		{"headers of their own", []string{"GET " + u + "a\nX-A: 1; b\nX-B: http://c/", "-H", "X-A: common", "POST " + u + "b\r\nX-C: 2\r\n@-", u}, "piped",
			[]string{"1 GET " + u + "a [X-A=1; b X-B=http://c/] ", "1 POST " + u + "b [X-C=2 X-A=common] piped", "1 GET " + u + " [X-A=common] "}},
	} {
		t.Run(row.name, func(t *testing.T) {
			_, cfg, err := loaded(t, row.args, row.stdin, "LOADGEN_HEADERS=x-a: of the environment; X-E: e")
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, target := range cfg.Plan.Phases[0].Targets {
				var fields []string
				for _, h := range target.Headers {
					if h.Value != "of the environment" && h.Name != "X-E" {
						fields = append(fields, h.Name+"="+h.Value)
					}
				}
				got = append(got, fmt.Sprintf("%d %s %s %v %s", target.Weight, target.Method, target.URL, fields, target.Body))
			}
			if fmt.Sprintf("%q", got) != fmt.Sprintf("%q", row.want) {
				t.Errorf("got  %q\nwant %q", got, row.want)
			}
		})
	}
}

func TestWrongRunsByURL(t *testing.T) {
	const u = "http://127.0.0.1:9/"
	for _, row := range []struct {
		name string
		args []string
		want string
	}{
		{"a rate", []string{"-q", "many", u}, `--rate="many": not a number (allowed: 0 to 1000000)`},
		{"a duration without a unit", []string{"-z", "10", u}, `--duration="10": not a duration; write a number with a unit, as in 250ms, 10s or 2m`},
		{"a concurrency", []string{"-c", "0", u}, `--concurrency="0": too small (allowed: 1 to 20000)`},
		{"a body that is not there", []string{"-D", "/nonexistent", u}, "no such file"},
		{"a header", []string{"-H", "nothing", u}, `--header="nothing": "nothing" is not Name: value`},
		{"a header of the generator", []string{"-H", "Content-Length: 5", u}, "header Content-Length is set by the generator"},
		{"a method", []string{"-m", "FETCH", u}, `method "FETCH" is not one of GET,`},
		{"a body without a URL", []string{"-d", "x", "GET " + u}, "a body is for URLs"},
		{"a duration as wrk has it", []string{"-d", "30s", u}, "--duration is the length of the run"},
		{"a method without a URL", []string{"-m", "PUT", "GET " + u}, "methods are for URLs"},
		{"requests at random times", []string{"-n", "5", "-q", "5", "--arrivals=poisson", u}, "--requests"},
		{"requests of a batch", []string{"-n", "5", "--loop=batch", u}, "--count"},
		{"requests of stages", []string{"-n", "5", "--stages=1s:5", u}, "stages say how many"},
		{"requests of the tour", []string{"-n", "5"}, "--requests"},
		{"a foreign host", []string{"https://example.com/"}, "name them with --allowed-hosts"},
		{"a malformed host", []string{"http://a b:1/"}, "URL"},
		{"an unknown scheme", []string{"ftp://127.0.0.1/"}, "http://host/path or https://host/path"},
		{"a header before a target", []string{"X-A: 1\nGET " + u}, "header \"X-A: 1\" comes before its target"},
	} {
		t.Run(row.name, func(t *testing.T) {
			given := parseArguments(row.args, table(t))
			_, _, err := loaded(t, row.args, "")
			err = given.named(err)
			var wrong *env.Error
			if !errors.As(err, &wrong) || !strings.Contains(err.Error(), row.want) {
				t.Errorf("got %v, want %q", err, row.want)
			}
		})
	}
}
