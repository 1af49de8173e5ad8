package definition_test

import (
	"reflect"
	"strings"
	"testing"

	"loadlab/experiments/definition"
)

const shared = `name: sample
title: A sample
question: Is it so?
hypothesis: It is.
services:
  iobound: {}
  both: {of: iobound, settings: {GOMAXPROCS: "1", CALLS: "{iobound}/io/wait"}}
  cpubound: {with: both}
steps:
  - {name: one, target: "GET {iobound}/io/wait", loop: batch, counts: [1]}
  - {name: two, target: "GET {both}/io/wait", loop: batch, counts: [1]}
  - {name: three, target: "GET {cpubound}/cpu/spin", loop: batch, counts: [1]}
checks:
  - {name: it ends, value: one.wall, max: "1"}
explanation: Because.
`

func environment(t *testing.T, d *definition.Definition, variables ...string) (definition.Env, error) {
	t.Helper()
	return definition.ReadEnv(d, func(name string) string {
		for _, pair := range variables {
			if value, found := strings.CutPrefix(pair, name+"="); found {
				return value
			}
		}
		return ""
	})
}

func parse(t *testing.T, text string) *definition.Definition {
	t.Helper()
	d, err := definition.Parse("f.yaml", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func TestProcesses(t *testing.T) {
	settings := map[string]string{"GOMAXPROCS": "1", "CALLS": "{iobound}/io/wait"}
	alone := definition.Process{Name: "iobound", Serve: map[string]string{"iobound": "iobound"}}
	for _, row := range []struct {
		name      string
		variables []string
		want      []definition.Process
	}{
		{name: "nothing is there", want: []definition.Process{
			{Name: "both", Serve: map[string]string{"both": "iobound", "cpubound": "cpubound"}, Settings: settings}, alone,
		}},
		{name: "one process is there", variables: []string{"BOTH_URL=http://a:1", "CPUBOUND_URL=http://a:2"}, want: []definition.Process{alone}},
		{name: "all are there", variables: []string{"IOBOUND_URL=http://a:3", "BOTH_URL=http://a:1", "CPUBOUND_URL=http://a:2"}},
	} {
		t.Run(row.name, func(t *testing.T) {
			d := parse(t, shared)
			e, err := environment(t, d, row.variables...)
			if err != nil {
				t.Fatal(err)
			}
			if got := d.Processes(e); !reflect.DeepEqual(got, row.want) {
				t.Errorf("processes\n%v\nwant\n%v", got, row.want)
			}
		})
	}
}

func TestAddresses(t *testing.T) {
	d := parse(t, shared)
	e, err := environment(t, d, "IOBOUND_URL=http://host:1/", "IOBOUND_ADMIN_URL=http://host:2", "LOADGEN_ALLOWED_HOSTS=host, other")
	if err != nil {
		t.Fatal(err)
	}
	e = e.OrLab()
	want := map[string]definition.Service{
		"iobound":  {URL: "http://host:1", Admin: "http://host:2"},
		"both":     {}, // it needs a setting that no default has
		"cpubound": {URL: "http://127.0.0.1:8082", Admin: "http://127.0.0.1:9082"},
	}
	if !reflect.DeepEqual(e.Services, want) || !reflect.DeepEqual(e.AllowedHosts, []string{"host", "other"}) {
		t.Errorf("environment %+v, want %+v", e, want)
	}
	for text, want := range map[string]string{"{iobound}/io/wait": "http://host:1/io/wait", "{iobound.admin}/livez": "http://host:2/livez"} {
		if got := e.Resolve(text); got != want {
			t.Errorf("%s is resolved to %s", text, got)
		}
	}
}

func TestAddressesThatAreNone(t *testing.T) {
	_, err := environment(t, parse(t, shared), "IOBOUND_URL=host:1", "CPUBOUND_ADMIN_URL=http://user:secret@host/")
	if err == nil || !strings.Contains(err.Error(), "IOBOUND_URL") || !strings.Contains(err.Error(), "CPUBOUND_ADMIN_URL") {
		t.Errorf("error %v, want both named", err)
	}
}
